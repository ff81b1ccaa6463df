using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Analysis;

public class ModuleCkaTests
{
    const int Width = 8;
    static readonly VitConfig config = new() { HiddenSize = Width, LayerCount = 2, HeadCount = 2, IntermediateSize = 16, ImageSize = 8, PatchSize = 4 };

    [Theory]
    [InlineData(2, 2)]
    [InlineData(1, 3)]
    public void Agrees_with_the_outputs_written_out(int firstRank, int secondRank)
    {
        using var scope = NewDisposeScope();
        using var first = Delta(1, firstRank, outputs: 5);
        using var second = Delta(2, secondRank, outputs: 5);
        // Far from zero and of unequal spread, so that what is not centred shows.
        var x = Random(3, 40, Width).mul(arange(1, Width + 1)).add(7);
        using var inputs = Of(x);

        ModuleCka.Compute(first, second, inputs).Should().BeApproximately(LinearCka.Compute(x.matmul(first.ToDense().t()), x.matmul(second.ToDense().t())), 1e-6);
    }

    [Fact]
    public void An_update_is_like_itself_at_any_scale_and_rank()
    {
        using var scope = NewDisposeScope();
        using var delta = Delta(1, 2);
        using var larger = new LoraDelta(cat([delta.A, delta.A]), cat([delta.B, delta.B], 1).mul(3), -2);
        using var inputs = Of(Random(2, 30, Width));

        ModuleCka.Compute(delta, delta, inputs).Should().BeApproximately(1, 1e-12);
        ModuleCka.Compute(delta, larger, inputs).Should().BeApproximately(1, 1e-6);
    }

    [Fact]
    public void An_update_without_effect_is_like_nothing()
    {
        using var scope = NewDisposeScope();
        using var delta = Delta(1, 2);
        using var zero = new LoraDelta(delta.A.clone(), zeros(Width, 2), 1);
        using var unscaled = new LoraDelta(delta.A.clone(), delta.B.clone(), 0);
        using var inputs = Of(Random(2, 30, Width));
        using var constant = Of(ones(30, Width));

        ModuleCka.Compute(delta, zero, inputs).Should().Be(0);
        ModuleCka.Compute(unscaled, delta, inputs).Should().Be(0);
        ModuleCka.Compute(delta, delta, constant).Should().Be(0);
    }

    [Fact]
    public void Another_width_is_refused()
    {
        using var delta = Delta(1, 2);
        using var inputs = new InputStatistics(Width + 1);

        FluentActions.Invoking(() => ModuleCka.Compute(delta, delta, inputs)).Should().Throw<ArgumentException>().WithMessage($"*{Width + 1} inputs*{Width}*");
    }

    [Fact]
    public void Modules_are_compared_at_the_layers_of_the_reference()
    {
        using var model = VisionTransformer.Create(config, 0);
        var queries = model.Sites.Where(site => site.Role == LinearRole.Query).ToArray();
        using var reference = new LoraAdapter("reference", queries.Select((site, i) => KeyValuePair.Create(site.Path, Delta(i, 2))));
        // The spelling of older files, and one of two layers.
        using var same = new LoraAdapter("same", [new(queries[1].PathIn(ModuleSpelling.Transformers4), reference.Layers[queries[1].Path].Clone())]);
        using var other = new LoraAdapter("other", model.Sites.Where(site => site.Role is LinearRole.Query or LinearRole.Value).Select((site, i) => KeyValuePair.Create(site.Path, Delta(10 + i, 3))));
        using var inputs = LayerInputs.Record(model.Sites);
        using (no_grad())
        using (NewDisposeScope()) model.Features(Random(1, 4, 3, 8, 8));

        var compared = ModuleCka.Compute(model, [same, other], reference, inputs);

        compared.Select(layer => layer.Site).Should().Equal(queries);
        compared[0].Similarities[0].Should().Be(0);
        compared[1].Similarities[0].Should().BeApproximately(1, 1e-12);
        foreach (var layer in compared) layer.Similarities[1].Should().BeInRange(1e-6, 0.999);
    }

    static InputStatistics Of(Tensor x)
    {
        var inputs = new InputStatistics(Width);
        inputs.Add(x);
        return inputs;
    }

    static LoraDelta Delta(int seed, int rank, int outputs = Width) => new(Random(seed, rank, Width), Random(seed + 100, outputs, rank), 0.5);

    static Tensor Random(int seed, params long[] shape)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return randn(shape, generator: generator);
    }
}
