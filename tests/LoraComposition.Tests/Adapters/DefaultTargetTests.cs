using LoraComposition.Tests.Files;

namespace LoraComposition.Tests.Adapters;

/// <summary>A configuration without <c>target_modules</c>: PEFT has a default for T5, q and v, and none for ViT.</summary>
public sealed class DefaultTargetTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("null")]
    public void Query_and_value_of_t5_need_no_list(string? json)
    {
        PeftFolder.Copy(folder, "t5-a");
        PeftFolder.Set(folder, "target_modules", json);
        using var adapter = LoraAdapter.Load(folder.Path);
        using var listed = LoraAdapter.Load(PeftFolder.Fixture("t5-a"));
        adapter.Layers.Keys.Should().Equal(listed.Layers.Keys).And.HaveCount(12);
    }

    [Theory]
    [InlineData("t5-qkv", "decoder.block.0.layer.0.SelfAttention.k")]
    [InlineData("vit-a", "vit.layers.0.attention.k_proj")]
    public void Other_layers_do(string fixture, string layer)
    {
        PeftFolder.Copy(folder, fixture);
        PeftFolder.Set(folder, "target_modules", null);
        FluentActions.Invoking(() => LoraAdapter.Load(folder.Path)).Should().Throw<AdapterException>()
            .WithMessage($"*'target_modules' is missing*only T5 has a default, q and v, and layer '{layer}' of adapter_model.safetensors is none of its layers.");
    }

    [Fact]
    public void Blocks_limit_the_default_too()
    {
        PeftFolder.Copy(folder, "t5-a");
        PeftFolder.Set(folder, "target_modules", null);
        PeftFolder.Set(folder, "layers_to_transform", "[1]");
        PeftFolder.Set(folder, "layers_pattern", "\"block\"");
        FluentActions.Invoking(() => LoraAdapter.Load(folder.Path)).Should().Throw<AdapterException>().WithMessage("*'decoder.block.0.layer.0.SelfAttention.q'*");
        PeftFolder.Change(folder, tensors => tensors.Keys.Where(key => key.Contains(".block.0.", StringComparison.Ordinal)).ToList().ForEach(key => tensors.Remove(key)));
        using var adapter = LoraAdapter.Load(folder.Path);
        adapter.Layers.Should().HaveCount(6);
    }

    // PEFT writes these for an adapted embedding, and this library adapts linear layers only.
    [Theory]
    [InlineData("base_model.model.shared.lora_embedding_A")]
    [InlineData("base_model.model.lm_head.weight")]
    public void Embeddings_and_whole_heads_are_refused_by_name(string key)
    {
        PeftFolder.Copy(folder, "t5-a");
        PeftFolder.Change(folder, tensors => tensors[key] = TorchSharp.torch.zeros(4, 96));
        FluentActions.Invoking(() => LoraAdapter.Load(folder.Path)).Should().Throw<AdapterException>().WithMessage($"*unexpected tensor '{key}'*");
    }
}
