using LoraComposition.Tests.Files;

namespace LoraComposition.Tests.Adapters;

/// <summary>PEFT's rule for layers_to_transform and layers_pattern, on the adapter that it wrote with both.</summary>
public sealed class LayerFilterTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("1", "null", "one index")]
    [InlineData("[1]", "null", "any name before the index")]
    [InlineData("[1]", "[\"h\",\"layers\"]", "one of several names")]
    [InlineData("[1]", "\"lay.*\"", "a name is a pattern")]
    public void Selects(string indices, string pattern, string because)
    {
        Write(indices, pattern);
        using var adapter = LoraAdapter.Load(folder.Path);
        adapter.Layers.Should().HaveCount(3, because);
        adapter.Warnings.Should().BeEmpty(because);
    }

    [Theory]
    [InlineData("[0]", "\"layers\"", "another block")]
    [InlineData("[1]", "\"layer\"", "a name is whole")]
    [InlineData("[1]", "\"vit\"", "nothing stands before the name")]
    [InlineData("[1]", "\"(layers)\"", "the first group is not the index")]
    public void Selects_not(string indices, string pattern, string because)
    {
        Write(indices, pattern);
        FluentActions.Invoking(() => LoraAdapter.Load(folder.Path)).Should().Throw<AdapterException>(because).WithMessage("*layer 'vit.layers.1.attention.k_proj'*layers_to_transform*");
    }

    [Fact]
    public void A_layer_whose_whole_path_is_listed_is_in_any_block()
    {
        Write("[0]", "null");
        PeftFolder.Set(folder, "target_modules", "[\"vit.layers.1.attention.q_proj\",\"vit.layers.1.attention.k_proj\",\"vit.layers.1.attention.v_proj\"]");
        using var adapter = LoraAdapter.Load(folder.Path);
        adapter.Layers.Should().HaveCount(3);
        adapter.Warnings.Should().ContainSingle();
    }

    [Theory]
    [InlineData("\"all-linear\"")]
    [InlineData("\".*_proj\"")]
    public void Blocks_are_chosen_only_among_listed_names(string targets)
    {
        Write("[1]", "null");
        PeftFolder.Set(folder, "target_modules", targets);
        FluentActions.Invoking(() => LoraAdapter.Load(folder.Path)).Should().Throw<AdapterException>().WithMessage("*'layers_to_transform' is set although 'target_modules' is a text*");
    }

    [Fact]
    public void A_name_that_backtracks_for_ever_is_stopped()
    {
        Write("[1]", "\"((.*)*)*X\"");
        FluentActions.Invoking(() => LoraAdapter.Load(folder.Path)).Should().Throw<AdapterException>().WithMessage("*'layers_pattern'*took more than 1 s*");
    }

    void Write(string indices, string pattern)
    {
        PeftFolder.Copy(folder, "vit-layers");
        PeftFolder.Set(folder, "layers_to_transform", indices);
        PeftFolder.Set(folder, "layers_pattern", pattern);
    }
}
