using System.Text;
using LoraComposition.Tests.Files;

namespace LoraComposition.Tests.Adapters;

public sealed class PeftConfigReaderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("reject-dora", "*'use_dora' is true*")]
    [InlineData("reject-bias", "*'bias' is \"lora_only\"*")]
    public void Refuses_what_peft_wrote_beyond_plain_lora(string fixture, string message) =>
        Refuses(PeftFolder.Fixture(fixture), message);

    [Theory]
    [InlineData("peft_type", "\"LOHA\"", "*'peft_type' is \"LOHA\": the adapter is LoHa, not LoRA*")]
    [InlineData("peft_type", null, "*'peft_type' is missing*")]
    [InlineData("bias", "\"all\"", "*'bias' is \"all\"*")]
    [InlineData("lora_bias", "true", "*'lora_bias'*")]
    [InlineData("target_parameters", "[\"x\"]", "*'target_parameters'*")]
    [InlineData("layer_replication", "[[0,1]]", "*'layer_replication'*")]
    [InlineData("alora_invocation_tokens", "[1]", "*'alora_invocation_tokens'*")]
    [InlineData("arrow_config", "{\"k\":1}", "*'arrow_config'*")]
    [InlineData("monteclora_config", "{\"k\":1}", "*'monteclora_config'*")]
    [InlineData("kasa_config", "{\"k\":1}", "*'kasa_config'*")]
    [InlineData("use_qalora", "true", "*'use_qalora'*")]
    [InlineData("use_bdlora", "{\"k\":1}", "*'use_bdlora'*")]
    [InlineData("megatron_config", "{\"k\":1}", "*'megatron_config'*")]
    [InlineData("trainable_token_indices", "[1]", "*'trainable_token_indices'*")]
    [InlineData("velora_config", "{\"k\":1}", "*'velora_config'*not known*")]
    [InlineData("a_setting_of_the_future", "7", "*'a_setting_of_the_future' is 7*not known*")]
    [InlineData("modules_to_save", "[\"classifier\",\"pooler\"]", "*'modules_to_save' names 'pooler'*")]
    [InlineData("modules_to_save", "\"classifier\"", "*'modules_to_save': expected a list*")]
    [InlineData("fan_in_fan_out", "1", "*'fan_in_fan_out': expected true or false*")]
    [InlineData("layers_to_transform", "[0]", "*layer 'vit.layers.1.attention.k_proj'*is not a target*")]
    [InlineData("layers_to_transform", "1", "*layer 'vit.layers.0.attention.k_proj'*is not a target*")]
    [InlineData("layers_to_transform", "\"1\"", "*'layers_to_transform': expected the index*")]
    [InlineData("layers_to_transform", "[-1]", "*'layers_to_transform': expected the index*found -1*")]
    [InlineData("layers_pattern", "\"layers\"", "*'layers_pattern' is set without 'layers_to_transform'*")]
    [InlineData("layers_pattern", "1", "*'layers_pattern': expected a name*")]
    [InlineData("init_lora_weights", "\"pissa\"", "*'pissa', which changed the base model*")]
    [InlineData("init_lora_weights", "\"pissa_niter_16\"", "*'pissa_niter_16', which changed the base model*")]
    [InlineData("init_lora_weights", "\"olora\"", "*changed the base model*")]
    [InlineData("init_lora_weights", "\"corda\"", "*changed the base model*")]
    [InlineData("init_lora_weights", "\"lora_ga\"", "*changed the base model*")]
    [InlineData("init_lora_weights", "\"loftq\"", "*changed the base model*")]
    [InlineData("init_lora_weights", "\"new\"", "*'new', which is not known*")]
    [InlineData("init_lora_weights", "3", "*'init_lora_weights' is 3*")]
    [InlineData("r", "0", "*'r': expected a rank above 0, found 0*")]
    [InlineData("r", "-4", "*'r': expected a rank above 0*")]
    [InlineData("r", "4.5", "*'r': expected an integer*")]
    [InlineData("r", "\"4\"", "*'r': expected an integer*")]
    [InlineData("rank_pattern", "{\"q_proj\":0}", "*'rank_pattern of q_proj': expected a rank above 0*")]
    [InlineData("rank_pattern", "[]", "*'rank_pattern': expected an object*")]
    [InlineData("alpha_pattern", "{\"q_proj\":\"8\"}", "*'alpha_pattern of q_proj': expected a number*")]
    [InlineData("alpha_pattern", "{\"q_proj(\":8}", "*'q_proj(', which is not a regular expression*")]
    [InlineData("alpha_pattern", "{\"((.*)*)*X\":8}", "*took more than 1 s*")]
    [InlineData("lora_alpha", "\"8\"", "*'lora_alpha': expected a number*")]
    [InlineData("use_rslora", "1", "*'use_rslora': expected true or false*")]
    [InlineData("target_modules", null, "*'target_modules' is missing*")]
    [InlineData("target_modules", "[]", "*'target_modules' is missing*")]
    [InlineData("target_modules", "\"\"", "*'target_modules': expected a pattern or a list*")]
    [InlineData("target_modules", "[1]", "*'target_modules': expected a text*")]
    [InlineData("target_modules", "\"(\"", "*is not a regular expression*")]
    [InlineData("target_modules", "\"(([a-z0-9_.]+)*)*[A-Z]\"", "*'target_modules'*took more than 1 s*")]
    [InlineData("target_modules", "\"q_proj\"", "*is not a target*")]
    [InlineData("target_modules", "[\"proj\"]", "*is not a target*")]
    [InlineData("exclude_modules", "\".*layers\\\\.1.*\"", "*layer 'vit.layers.1.attention.k_proj'*is not a target*")]
    [InlineData("base_model_name_or_path", "1", "*'base_model_name_or_path': expected a text*")]
    public void Refuses_a_setting(string setting, string? json, string message)
    {
        PeftFolder.Copy(folder);
        PeftFolder.Set(folder, setting, json);
        Refuses(folder.Path, message);
    }

    [Theory]
    [InlineData("", "*empty*")]
    [InlineData("[]", "*expected a JSON object, found Array*")]
    [InlineData("{\"r\":4,\"r\":8}", "*not valid JSON*uplicate*")]
    [InlineData("{\"rank_pattern\":{\"q\":4,\"\\u0071\":8}}", "*not valid JSON*uplicate*")]
    [InlineData("{\"r\":4,}", "*not valid JSON*")]
    [InlineData("\ufeff{}", "*byte order mark*")]
    [InlineData("{} {}", "*not valid JSON*")]
    [InlineData("{\"lora_alpha\":NaN}", "*not valid JSON*")]
    [InlineData("{\"peft_type\":\"LORA\",\"lora_alpha\":1e999,\"target_modules\":[\"q\"]}", "*'lora_alpha': expected a finite number*")]
    [InlineData("{\"peft_type\":\"LORA\",\"target_modules\":[\"\\ud800\"]}", "*not valid JSON*")]
    [InlineData("{\"\\ud800\":1}", "*not valid JSON*")]
    public void Refuses_a_malformed_file(string text, string message)
    {
        PeftFolder.Copy(folder);
        folder.Write("adapter_config.json", Encoding.UTF8.GetBytes(text));
        Refuses(folder.Path, message);
    }

    [Fact]
    public void Refuses_bytes_that_are_no_text_and_files_that_are_too_long()
    {
        PeftFolder.Copy(folder);
        folder.Write("adapter_config.json", [.. "{\""u8, 0xff, .. "\":1}"u8]);
        Refuses(folder.Path, "*not valid UTF-8 at byte 2*");
        folder.Write("adapter_config.json", new byte[(1 << 20) + 1]);
        Refuses(folder.Path, "*1048577 bytes long, expected at most 1048576*");
    }

    static void Refuses(string path, string message) =>
        FluentActions.Invoking(() => LoraAdapter.Load(path)).Should().Throw<AdapterException>().WithMessage(message)
            .Which.Path.Should().EndWith("adapter_config.json");
}
