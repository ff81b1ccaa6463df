using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Composers;

public class PolyComposerTests
{
    const long In = 8, Out = 12, Rank = 3;
    const ScalarType Type = ScalarType.Float64;

    static readonly double[] scalings = [0.5, 2, 1.3];

    static LoraDelta[] Modules() => [.. scalings.Select((scaling, n) => SmallLayers.Delta(In, Out, Rank, scaling, n + 1, Type))];

    static PolyComposer Composer(int heads, IReadOnlyList<LoraDelta?>? modules = null)
    {
        var composer = new PolyComposer(SmallLayers.Linear(In, Out, type: Type), modules ?? Modules(), heads);
        using (no_grad()) composer.Selector.copy_(SmallLayers.Input(7, Type, composer.Selector.shape));
        return composer;
    }

    /// <summary>Number by number: entry (o, i) of the update is Σᵣ B[o, r]·A[r, i], B's row mixed by the head of output o and A's column by the head of input i.</summary>
    static double[,] Slow(LoraDelta[] modules, double[,] z, int heads)
    {
        double Alpha(int head, int n) => Sigmoid(z[head, n]) / Enumerable.Range(0, modules.Length).Sum(m => Sigmoid(z[head, m]));
        double Mixed(Func<LoraDelta, Tensor> factor, long row, long column, int head) => modules.Select((delta, n) =>
            Alpha(head, n) * Math.Sqrt(delta.Scaling) * factor(delta)[row, column].item<double>()).Sum();
        var update = new double[Out, In];
        for (int o = 0; o < Out; o++)
            for (int i = 0; i < In; i++)
                for (int r = 0; r < Rank; r++)
                    update[o, i] += Mixed(d => d.B, o, r, o * heads / (int)Out) * Mixed(d => d.A, r, i, i * heads / (int)In);
        return update;
    }

    static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void It_gives_the_formula_its_gradient_and_an_exact_export(int heads)
    {
        using var scope = NewDisposeScope();
        var composer = Composer(heads);
        var x = SmallLayers.Input(1, Type, 2, 5, In);
        var z = new double[heads, scalings.Length];
        for (int h = 0; h < heads; h++)
            for (int n = 0; n < scalings.Length; n++) z[h, n] = composer.Selector[h, n].item<double>();
        var expected = tensor(Slow(Modules(), z, heads));

        var output = composer.call(x);
        output.sin().sum().backward();

        output.ShouldBeClose(composer.BaseLayer.call(x).add(x.matmul(expected.t())), 1e-12);
        composer.Selector.grad!.ShouldBeClose(FiniteDifferences.Of(() => composer.call(x).sin().sum(), composer.Selector), 1e-8);
        composer.Selector.grad!.abs().min().item<double>().Should().BeGreaterThan(1e-6, "every number of the selector matters");
        composer.BaseLayer.weight!.grad.Should().BeNull();
        composer.Weights().sum(dim: 1).ShouldBeClose(ones(heads, dtype: Type), 1e-15);
        using var delta = composer.ToDelta();
        delta.Rank.Should().Be(Rank);
        delta.ToDense().ShouldBeClose(expected, 1e-12);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void It_starts_as_the_mean_of_the_factors(int heads)
    {
        using var scope = NewDisposeScope();
        var composer = new PolyComposer(SmallLayers.Linear(In, Out, type: Type), Modules(), heads);
        using var mean = new FactorMeanMerge().Merge(new MergeLayer("layer", Modules()));

        using var delta = composer.ToDelta();

        delta.ToDense().ShouldBeClose(mean.ToDense(), 1e-12);
    }

    [Fact]
    public void Sixteen_bits_learn_in_32()
    {
        using var scope = NewDisposeScope();
        var composer = new PolyComposer(SmallLayers.Linear(In, Out, type: ScalarType.BFloat16), Modules());

        composer.Selector.dtype.Should().Be(ScalarType.Float32);
        composer.call(SmallLayers.Input(1, ScalarType.BFloat16, 2, In)).dtype.Should().Be(ScalarType.BFloat16);
    }

    [Fact]
    public void What_cannot_be_mixed_is_refused()
    {
        using var scope = NewDisposeScope();
        var modules = Modules();
        void Refused(IReadOnlyList<LoraDelta?> updates, int heads, string message) =>
            FluentActions.Invoking(() => Composer(heads, updates)).Should().Throw<ArgumentException>().WithMessage(message);

        Refused([], 1, "*at least one module*");
        Refused([modules[0], null], 1, "Module 1 leaves the layer alone. Poly and MHR mix *");
        Refused([modules[0], SmallLayers.Delta(In, Out, 2, 1, 1, Type)], 1, "Module 1 has rank 2, module 0 has rank 3. Poly and MHR mix *compress the modules to one rank.");
        Refused([modules[0], SmallLayers.Delta(In, Out, Rank, -1, 1, Type)], 1, "Module 1 has the scaling -1, whose root*");
        Refused([SmallLayers.Delta(Out, In, Rank, 1, 1, Type)], 1, "*expected an update ?12, 8?, found ?8, 12?.");
        Refused(modules, 3, "3 heads do not divide a layer of 8 inputs and 12 outputs*");
        Refused(modules, 0, "*heads*");
    }
}
