using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Composers;

public class ResidualTests
{
    const long In = 6, Out = 4;

    public static TheoryData<string> Kinds => ["uniform", "weighted", "learned", "unconstrained"];

    static LoraComposer Composer(string kind, ScalarType type)
    {
        var layer = SmallLayers.Linear(In, Out, type: type);
        LoraDelta?[] modules = [SmallLayers.Delta(In, Out, 2, 0.5, 1, type), SmallLayers.Delta(In, Out, 3, 1.5, 2, type)];
        return kind switch
        {
            "uniform" => new UniformComposer(layer, modules),
            "weighted" => new WeightedComposer(layer, modules, [2, -1]),
            "learned" => new LearnedComposer(layer, modules, [0.3, -0.4]),
            _ => new UnconstrainedComposer(layer, modules, [0.3, -0.4]),
        };
    }

    static void Train(LoraComposer composer)
    {
        using var noGrad = no_grad();
        foreach (var parameter in composer.ResidualParameters) parameter.copy_(SmallLayers.Input(7, ScalarType.Float32, parameter.shape));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void It_starts_as_nothing_and_adds_its_update(string kind)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var composer = Composer(kind, ScalarType.Float32);
        var x = SmallLayers.Input(1, ScalarType.Float32, 5, In);
        var before = composer.call(x);

        composer.AddResidual(new LoraOptions { Rank = 2, Alpha = 6 });
        composer.call(x).ShouldBeClose(before, 1e-6);
        Train(composer);

        var (a, b) = (composer.ResidualParameters[0], composer.ResidualParameters[1]);
        composer.call(x).ShouldBeClose(before + x.matmul(a.t()).matmul(b.t()) * 3, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Its_ranks_add_to_the_export_and_the_merged_weight_is_the_same(string kind)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var composer = Composer(kind, ScalarType.Float32);
        composer.AddResidual(new LoraOptions { Rank = 2, Alpha = 6 });
        Train(composer);
        var x = SmallLayers.Input(1, ScalarType.Float32, 5, In);
        var output = composer.call(x);

        using var delta = composer.ToDelta();
        delta.Rank.Should().Be(2 + 3 + 2);
        composer.ToMergedLinear().call(x).ShouldBeClose(output, 1e-5);
        composer.FixWeights();
        composer.call(x).ShouldBeClose(output, 1e-5, "fixed");
        foreach (var parameter in composer.ResidualParameters) parameter.zero_();
        composer.call(x).ShouldBeClose(output, 1e-5, "a change is not seen while the weights are fixed");
        composer.ReleaseWeights();
        composer.call(x).Distance(output).Should().BeGreaterThan(1e-3, "released");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Its_gradients_and_those_of_the_weights_are_exact(string kind)
    {
        using var scope = NewDisposeScope();
        var composer = Composer(kind, ScalarType.Float64);
        composer.AddResidual(new LoraOptions { Rank = 2 });
        composer.to(ScalarType.Float64);
        using (no_grad())
            foreach (var parameter in composer.ResidualParameters) parameter.copy_(SmallLayers.Input(7, ScalarType.Float64, parameter.shape));
        var x = SmallLayers.Input(1, ScalarType.Float64, 5, In);
        Tensor Loss() => composer.call(x).sin().sum();

        Loss().backward();

        composer.TrainableParameters.Should().HaveCount(kind is "learned" or "unconstrained" ? 3 : 2);
        foreach (var parameter in composer.TrainableParameters)
            parameter.grad!.ShouldBeClose(FiniteDifferences.Of(Loss, parameter), 1e-8);
        composer.BaseLayer.weight!.grad.Should().BeNull();
    }

    [Fact]
    public void A_16_bit_layer_keeps_its_factors_in_float32()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var composer = new LearnedComposer(SmallLayers.Linear(In, Out).to(ScalarType.BFloat16), [SmallLayers.Delta(In, Out, 2, 0.5, 1)]);
        composer.AddResidual(new LoraOptions { Rank = 2 });
        Train(composer);
        var x = SmallLayers.Input(1, ScalarType.Float32, 5, In).to(ScalarType.BFloat16);
        var output = composer.call(x);

        composer.ResidualParameters.Should().OnlyContain(p => p.dtype == ScalarType.Float32);
        output.dtype.Should().Be(ScalarType.BFloat16);
        composer.FixWeights();
        composer.call(x).ShouldBeIdentical(output);
    }

    [Fact]
    public void A_second_one_is_refused()
    {
        using var scope = NewDisposeScope();
        var composer = Composer("uniform", ScalarType.Float32);
        composer.AddResidual(new LoraOptions { Rank = 2 });
        FluentActions.Invoking(() => composer.AddResidual(new LoraOptions())).Should().Throw<InvalidOperationException>().WithMessage("*already*");
    }
}
