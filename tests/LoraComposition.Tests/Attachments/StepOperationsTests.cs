using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Tests.Attachments;

/// <summary>
/// How many operations a forward and backward pass takes for each block of a vision transformer. On a GPU it is their number that the time of a step depends on.
/// A number that falls may be lowered here; one that rises needs a reason.
/// </summary>
[Collection(nameof(StepOperationsTests))]
[CollectionDefinition(nameof(StepOperationsTests), DisableParallelization = true)]
public sealed class StepOperationsTests : IDisposable
{
    const int Width = 32;
    static readonly LinearRole[] roles = [LinearRole.Query, LinearRole.Key, LinearRole.Value];
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void A_block_of_the_frozen_model()
    {
        SkipUnlessCounted();

        var block = PerBlock(modules: 0);

        block.Kernels.Should().BeLessThanOrEqualTo(35);
        block.Of("aten::addmm").Should().Be(6, "every linear layer adds its bias within its product");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(30)]
    public void A_block_with_learned_query_key_and_value(int modules)
    {
        SkipUnlessCounted();

        var block = PerBlock(modules);

        block.Kernels.Should().BeLessThanOrEqualTo(47, "whatever the number of modules");
        block.Of("aten::index_select").Should().Be(0, "the weights of modules of equal ranks are repeated without an index");
        block.Of("aten::_to_copy").Should().Be(0, "nothing is cast");
        block.Of("aten::_softmax").Should().Be(0, "the weights of all layers are made at once");
    }

    /// <summary>In 16 bits the weights are mixed in float32 and cast once for all layers, and nothing else is cast.</summary>
    [Fact]
    public void A_block_with_learned_query_key_and_value_in_16_bits()
    {
        SkipUnlessCounted();

        var (block, frozen) = (PerBlock(modules: 3, dtype: ScalarType.BFloat16), PerBlock(modules: 0, dtype: ScalarType.BFloat16));

        block.Of("aten::_to_copy").Should().Be(frozen.Of("aten::_to_copy"), "the composition casts nothing back and forth");
        block.Of("aten::_softmax").Should().Be(frozen.Of("aten::_softmax"), "there is that of the attention, and none for the weights");
    }

    /// <summary>Blocks before the first adapted layer are passed forward and never backward.</summary>
    [Fact]
    public void A_block_before_the_first_adapted_layer()
    {
        SkipUnlessCounted();

        var block = PerBlock(modules: 3, lastBlockOnly: true);

        block.Kernels.Should().BeLessThanOrEqualTo(18);
        block.Of("AddmmBackward0").Should().Be(0);
        block.Of("NativeLayerNormBackward0").Should().Be(0);
        PerBlock(modules: 0).Of("AddmmBackward0").Should().BePositive("it would be counted under this name");
    }

    static void SkipUnlessCounted() => Assert.SkipUnless(OperationCounts.IsSupported, "Operations are counted on 64-bit Linux.");

    // The difference between four blocks and two: what lies before and behind them falls out, and so do the first block, whose input needs no gradient, and the
    // last, which computes its first token alone.
    static Counted PerBlock(int modules, bool lastBlockOnly = false, ScalarType dtype = ScalarType.Float32)
    {
        var (two, four) = (Count(2, modules, lastBlockOnly, dtype), Count(4, modules, lastBlockOnly, dtype));
        return new Counted(name => (four.ByName(name) - two.ByName(name)) / 2.0, (four.Kernels - two.Kernels) / 2.0);
    }

    static (Func<string, int> ByName, int Kernels) Count(int blocks, int modules, bool lastBlockOnly, ScalarType dtype)
    {
        using var model = VisionTransformer.Create(new VitConfig
        {
            HiddenSize = Width,
            IntermediateSize = 2 * Width,
            HeadCount = 2,
            LayerCount = blocks,
            ImageSize = 32,
            PatchSize = 4,
            ClassNames = ["a", "b"]
        }, seed: 1);
        model.to(dtype);
        foreach (var parameter in model.parameters()) parameter.requires_grad = false;
        // Without a composition the gradient of the class token makes the backward pass go through every block.
        if (modules == 0) model.named_parameters().First(p => p.name.EndsWith("class_token", StringComparison.Ordinal)).parameter.requires_grad = true;
        var paths = model.Sites.Where(site => roles.Contains(site.Role)).Select(site => site.Path).ToArray();
        if (lastBlockOnly) paths = paths[^roles.Length..];
        LoraAdapter[] adapters = [.. Enumerable.Range(0, modules).Select(n => new LoraAdapter($"module {n}",
            paths.Select(path => KeyValuePair.Create(path, SmallLayers.Delta(Width, Width, 2, 1, n)))))];
        using var composition = modules == 0 ? null : Composition.AttachLearned(model, adapters);
        Step(model, dtype);
        using var counts = new OperationCounts();
        Step(model, dtype);
        var found = counts.ByName;
        return (name => found.GetValueOrDefault(name), counts.Kernels);
    }

    static void Step(VisionTransformer model, ScalarType dtype)
    {
        using var inner = NewDisposeScope();
        functional.cross_entropy(model.call(ones(2, 3, 32, 32, dtype: dtype)), zeros(2, dtype: ScalarType.Int64)).backward();
    }

    sealed record Counted(Func<string, double> Of, double Kernels);
}
