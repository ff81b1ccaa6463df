using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Layers;

public class LoraLinearTests
{
    [Fact]
    public void A_fresh_update_leaves_the_output_as_it_was()
    {
        using var scope = NewDisposeScope();
        var layer = SmallLayers.Linear(6, 4);
        var x = SmallLayers.Input(1, ScalarType.Float32, 3, 5, 6);
        var before = layer.call(x);

        var lora = new LoraLinear(layer, new LoraOptions { Rank = 2 }, generator: null);

        lora.call(x).ShouldBeIdentical(before);
    }

    [Fact]
    public void A_starts_kaiming_uniform_and_B_at_zero()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        var lora = new LoraLinear(SmallLayers.Linear(64, 32), new LoraOptions { Rank = 16 }, generator);
        var start = lora.ToTrainedDelta();

        // Uniform in ±1/√in: deviation 1/√(3·in).
        start.A.abs().max().item<float>().Should().BeInRange(0.95f / 8, 1f / 8);
        start.A.std().item<float>().Should().BeApproximately(1f / (float)Math.Sqrt(3 * 64), 0.004f);
        start.B.count_nonzero().item<long>().Should().Be(0);
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_dropout_that_is_no_probability_below_one_is_refused(double dropout)
    {
        using var scope = NewDisposeScope();
        var delta = SmallLayers.Delta(6, 4, 2, 1, seed: 1);
        FluentActions.Invoking(() => new LoraLinear(SmallLayers.Linear(6, 4), delta, dropout)).Should().Throw<ArgumentException>().WithMessage("Dropout is *; it must lie in [0, 1)*");

        using var model = Fixture.Vit();
        using var adapter = Fixture.Adapter("vit-a");
        model.Invoking(m => LoraTuning.Continue(m, adapter, dropout)).Should().Throw<ArgumentException>().WithMessage("Dropout is *");
        model.Invoking(m => LoraTuning.Attach(m, new LoraOptions { Dropout = dropout })).Should().Throw<ArgumentException>().WithMessage("Dropout is *");
        model.parameters().Should().OnlyContain(p => p.requires_grad, "nothing was attached");
    }

    [Theory]
    [InlineData(8.0, false, 2.0)]
    [InlineData(8.0, true, 4.0)]
    [InlineData(2.0, false, 0.5)]
    [InlineData(null, false, 1.0)]
    [InlineData(null, true, 2.0)]
    public void The_scaling_is_alpha_over_the_rank_or_over_its_root(double? alpha, bool stabilised, double expected)
    {
        var options = new LoraOptions { Rank = 4, Alpha = alpha, RankStabilised = stabilised };
        using var lora = new LoraLinear(SmallLayers.Linear(6, 4), options, generator: null);
        lora.Scaling.Should().Be(expected);
        lora.Rank.Should().Be(4);
    }

    [Fact]
    public void Output_delta_merged_weight_and_merged_copy_agree_with_the_formula()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var layer = SmallLayers.Linear(6, 4);
        var delta = SmallLayers.Delta(6, 4, 3, 1.7, seed: 5);
        var weight = layer.weight!.add(delta.B.matmul(delta.A).mul(1.7));
        var x = SmallLayers.Input(1, ScalarType.Float32, 7, 6);
        var expected = x.matmul(weight.t()).add(layer.bias!);

        var lora = new LoraLinear(layer, delta, dropout: 0);

        lora.call(x).ShouldBeClose(expected, 1e-5);
        lora.MergedWeight().ShouldBeClose(weight, 1e-6);
        lora.ToMergedLinear().call(x).ShouldBeClose(expected, 1e-5);
        lora.ToDelta().ToDense().ShouldBeClose(delta.ToDense(), 1e-6);
        lora.ToTrainedDelta().A.ShouldBeIdentical(delta.A);
        lora.ToTrainedDelta().Scaling.Should().Be(1.7);
    }

    [Fact]
    public void Only_the_update_trains_and_the_base_stays_bit_identical()
    {
        using var scope = NewDisposeScope();
        var layer = SmallLayers.Linear(6, 4);
        var (weight, bias) = (layer.weight!.clone(), layer.bias!.clone());
        var lora = new LoraLinear(layer, new LoraOptions { Rank = 2 }, generator: null);
        var optimizer = optim.AdamW(lora.TrainableParameters, lr: 0.1);
        var x = SmallLayers.Input(1, ScalarType.Float32, 7, 6);

        for (int step = 0; step < 3; step++)
        {
            lora.call(x).square().sum().backward();
            optimizer.step();
            optimizer.zero_grad();
        }

        layer.weight!.ShouldBeIdentical(weight);
        layer.bias!.ShouldBeIdentical(bias);
        lora.parameters().Count(p => p.requires_grad).Should().Be(2);
        lora.ToDelta().ToDense().abs().max().item<float>().Should().BeGreaterThan(0.01f);
    }

    [Fact]
    public void Dropout_acts_in_training_alone_and_modes_change_no_weight()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var lora = new LoraLinear(SmallLayers.Linear(6, 4), SmallLayers.Delta(6, 4, 3, 1, seed: 5), dropout: 0.5);
        var state = lora.state_dict().ToDictionary(p => p.Key, p => p.Value.clone());
        var x = SmallLayers.Input(1, ScalarType.Float32, 7, 6);

        lora.eval();
        var quiet = lora.call(x);
        lora.call(x).ShouldBeIdentical(quiet);
        lora.train();
        lora.call(x).Distance(quiet).Should().BeGreaterThan(0.01);
        lora.eval();
        lora.call(x).ShouldBeIdentical(quiet);

        foreach (var (name, value) in lora.state_dict()) value.ShouldBeIdentical(state[name], name);
    }

    [Fact]
    public void Gradients_agree_with_finite_differences()
    {
        using var scope = NewDisposeScope();
        const ScalarType type = ScalarType.Float64;
        var lora = new LoraLinear(SmallLayers.Linear(5, 4, type: type), SmallLayers.Delta(5, 4, 2, 1.3, seed: 5, type: type), dropout: 0);
        var x = SmallLayers.Input(1, type, 3, 5);
        Tensor Loss() => lora.call(x).sin().sum();

        Loss().backward();

        foreach (var parameter in lora.TrainableParameters) parameter.grad!.ShouldBeClose(FiniteDifferences.Of(Loss, parameter), 1e-7);
    }

    [Fact]
    public void Released_the_base_survives()
    {
        var layer = SmallLayers.Linear(6, 4);
        var lora = new LoraLinear(layer, new LoraOptions { Rank = 2 }, generator: null);
        lora.ReleaseBase().Should().BeSameAs(layer);
        lora.Dispose();
        using var output = layer.call(ones(1, 6));
        output.shape.Should().Equal(1, 4);
    }

    [Theory]
    [InlineData(0, 0.0, "rank is 0")]
    [InlineData(2, 1.0, "Dropout is 1")]
    public void Options_out_of_range_are_refused(int rank, double dropout, string message)
    {
        using var layer = SmallLayers.Linear(6, 4);
        var act = () => new LoraLinear(layer, new LoraOptions { Rank = rank, Dropout = dropout }, generator: null);
        act.Should().Throw<ArgumentException>().WithMessage($"*{message}*");
    }

    [Fact]
    public void An_update_of_another_shape_is_refused()
    {
        using var layer = SmallLayers.Linear(6, 4);
        using var delta = SmallLayers.Delta(5, 4, 2, 1, seed: 1);
        var act = () => new LoraLinear(layer, delta, dropout: 0);
        act.Should().Throw<ArgumentException>().WithMessage("*[4, 6]*[4, 5]*");
    }
}
