using LoraComposition.Models;
using LoraComposition.Tests.Support;

namespace LoraComposition.Tests.Attachments;

public sealed class HeadUpdateTests : IDisposable
{
    readonly VisionTransformer model = VisionTransformer.Create(new VitConfig { ImageSize = 16, PatchSize = 8, HiddenSize = 16, LayerCount = 1, HeadCount = 2, IntermediateSize = 32, ClassNames = ["a", "b", "c"] }, seed: 1);

    public void Dispose() => model.Dispose();

    [Theory]
    [InlineData(ModuleSpelling.Transformers4)]
    [InlineData(ModuleSpelling.Transformers5)]
    public void It_is_left_out_in_every_spelling_and_the_rest_is_a_copy(ModuleSpelling spelling)
    {
        string head = Path(LinearRole.Head, spelling), query = Path(LinearRole.Query, spelling);
        using var adapter = new LoraAdapter("mine", [new(query, SmallLayers.Delta(16, 16, 2, 0.5, seed: 1)), new(head, SmallLayers.Delta(16, 3, 2, 0.5, seed: 2))]);

        using var rest = HeadUpdate.Without(adapter, model);

        rest!.Name.Should().Be("mine");
        rest.Layers.Keys.Should().Equal(query);
        rest.Layers[query].Scaling.Should().Be(0.5);
        rest.Layers[query].B.equal(adapter.Layers[query].B).all().item<bool>().Should().BeTrue();
        adapter.Layers.Keys.Should().BeEquivalentTo(query, head);
        adapter.Dispose();
        rest.Layers[query].ToDense().isfinite().all().item<bool>().Should().BeTrue("it owns its numbers");
    }

    [Fact]
    public void An_adapter_that_leaves_the_head_alone_is_taken_as_it_is()
    {
        using var adapter = new LoraAdapter("mine", [new(Path(LinearRole.Value), SmallLayers.Delta(16, 16, 2, 1, seed: 1))]);
        HeadUpdate.Without(adapter, model).Should().BeNull();
    }

    [Fact]
    public void An_adapter_of_the_head_alone_is_refused()
    {
        using var adapter = new LoraAdapter("mine", [new(Path(LinearRole.Head), SmallLayers.Delta(16, 3, 2, 1, seed: 1))]);
        FluentActions.Invoking(() => HeadUpdate.Without(adapter, model)).Should().Throw<AdapterMismatchException>().WithMessage("*mine*nothing but the head*");
    }

    string Path(LinearRole role, ModuleSpelling spelling = ModuleSpelling.Transformers4) => model.Sites.First(site => site.Role == role).PathIn(spelling);
}
