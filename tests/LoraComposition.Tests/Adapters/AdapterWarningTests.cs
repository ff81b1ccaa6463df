using LoraComposition.Tests.Files;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Adapters;

public sealed class AdapterWarningTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("vit-a")]
    [InlineData("vit-a-v4names")]
    [InlineData("vit-all-linear")]
    [InlineData("vit-b")]
    [InlineData("vit-c")]
    [InlineData("vit-head")]
    [InlineData("vit-layers")]
    [InlineData("vit-pattern")]
    [InlineData("vit-regex")]
    [InlineData("vit-rslora")]
    public void What_peft_wrote_gives_none(string fixture)
    {
        using var adapter = LoraAdapter.Load(PeftFolder.Fixture(fixture));
        adapter.Warnings.Should().BeEmpty();
    }

    [Theory]
    [InlineData("r", "16", "layer 'vit.layers.0.attention.k_proj' has rank 4 although 'r' and 'rank_pattern' say 16, and so for 5 others; *tensors' rank is used*")]
    [InlineData("r", null, "layer 'vit.layers.0.attention.k_proj' has rank 4 * say 8, and so for 5 others*")]
    [InlineData("rank_pattern", "{\"layers.1.attention.q_proj\":2}", "layer 'vit.layers.1.attention.q_proj' has rank 4 * say 2; *")]
    [InlineData("fan_in_fan_out", "true", "'fan_in_fan_out' is true, which PEFT passes over on linear layers*")]
    [InlineData("a_setting_of_the_future", "null", "'a_setting_of_the_future' is null: *not known*")]
    [InlineData("layers_to_transform", "[3,1,0,2]", "'layers_to_transform' names 2, 3, of which adapter_model.safetensors holds no layer.")]
    public void An_odd_setting_gives_one(string setting, string? json, string warning)
    {
        PeftFolder.Copy(folder);
        PeftFolder.Set(folder, setting, json);
        using var adapter = LoraAdapter.Load(folder.Path);
        adapter.Warnings.Should().ContainSingle().Which.Should().Match(warning);
        adapter.Layers.Values.Should().OnlyContain(delta => delta.Rank == 4 && delta.Scaling == 1);
    }

    [Fact]
    public void Weights_that_are_not_finite_give_one_where_they_are_allowed()
    {
        PeftFolder.Copy(folder);
        PeftFolder.Change(folder, tensors =>
        {
            foreach (var tensor in tensors.Values) tensor[0, 0] = float.PositiveInfinity;
        });
        using var adapter = LoraAdapter.Load(folder.Path, options: new AdapterLoadOptions { AllowNonFinite = true });
        adapter.Warnings.Should().ContainSingle().Which.Should().Match("tensor '*lora_A.weight' holds NaN or infinite numbers, and so do 11 others.");
        adapter.Layers.Values.Should().OnlyContain(delta => float.IsPositiveInfinity(delta.B[0, 0].item<float>()));
    }

    [Fact]
    public void The_revision_is_kept()
    {
        PeftFolder.Copy(folder);
        PeftFolder.Set(folder, "revision", "\"abc123\"");
        using var adapter = LoraAdapter.Load(folder.Path);
        adapter.Revision.Should().Be("abc123");
        adapter.Save(folder.File("again"));
        File.ReadAllText(folder.File("again/adapter_config.json")).Should().Contain("\"revision\": \"abc123\"");
    }
}
