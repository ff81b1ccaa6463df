using LoraComposition.Tests.Files;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Adapters;

/// <summary>Adapters of other kinds are called by their kind, whatever settings they have.</summary>
public sealed class AdapterKindTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("IA3", "feedforward_modules", "[\"dense\"]", "IA3")]
    [InlineData("ADALORA", "target_r", "8", "AdaLoRA")]
    [InlineData("PROMPT_TUNING", "num_virtual_tokens", "8", "prompt tuning")]
    [InlineData("PREFIX_TUNING", "num_virtual_tokens", "8", "prefix tuning")]
    [InlineData("VERA", "projection_prng_key", "0", "VeRA")]
    [InlineData("LOHA", "alpha", "8", "LoHa")]
    [InlineData("LOKR", "decompose_factor", "-1", "LoKr")]
    [InlineData("OFT", "oft_block_size", "32", "OFT")]
    [InlineData("BOFT", "boft_block_size", "4", "BOFT")]
    [InlineData("A_KIND_OF_TOMORROW", "its_own", "1", "A_KIND_OF_TOMORROW")]
    public void The_configuration_names_the_kind(string type, string setting, string value, string kind)
    {
        PeftFolder.Copy(folder);
        PeftFolder.Set(folder, "peft_type", $"\"{type}\"");
        PeftFolder.Set(folder, setting, value);
        foreach (var load in (Action[])[() => LoraAdapter.Load(folder.Path), () => AdapterFile.Open(folder.Path, options: new AdapterLoadOptions { AnyArchitecture = true })])
            load.Should().Throw<AdapterException>().WithMessage($"*'peft_type' is \"{type}\": the adapter is {kind}, not LoRA*");
    }

    [Theory]
    [InlineData("base_model.model.vit.layers.0.attention.q_proj.ia3_l", "IA3")]
    [InlineData("base_model.model.vit.layers.0.attention.q_proj.hada_w1_a", "LoHa")]
    [InlineData("base_model.model.vit.layers.0.attention.q_proj.lora_magnitude_vector", "DoRA")]
    [InlineData("prompt_embeddings", "prompt tuning")]
    public void So_do_the_tensors(string tensor, string kind)
    {
        PeftFolder.Copy(folder);
        PeftFolder.Change(folder, tensors => tensors[tensor] = ones(2));
        FluentActions.Invoking(() => LoraAdapter.Load(folder.Path)).Should().Throw<AdapterException>().WithMessage($"*unexpected tensor '{tensor}'*the adapter is {kind}, not LoRA*");
    }
}
