using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Training;

/// <summary>Small parameters that AdamW takes as one tensor train as each for itself.</summary>
public sealed class FlatParametersTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData(0.5)]
    public void A_step_is_that_of_AdamW_over_each(double? clipNorm)
    {
        Parameter[] together = Made(), apart = Made();
        using var optimizer = optim.AdamW([new AdamW.ParamGroup(apart.ToList(), 0.05, weight_decay: 0.1)]);
        using (var step = new TrainingStep([new TrainableGroup(together, 0.05, 0.1)], clipNorm))
            for (int i = 0; i < 5; i++)
            {
                step.Run(1, () => Loss(together));
                Loss(apart).backward();
                if (clipNorm is { } norm) nn.utils.clip_grad_norm_(apart, norm);
                optimizer.step();
                optimizer.zero_grad();
            }

        foreach (var (one, other) in together.Zip(apart)) one.sub(other).abs().max().item<float>().Should().BeLessThan(1e-6f);
        together[0].sub(Made()[0]).abs().max().item<float>().Should().BeGreaterThan(0.1f, "it trained");
    }

    [Fact]
    public void What_gets_no_gradient_stays_as_it_is()
    {
        var parameters = Made();
        using var step = new TrainingStep([new TrainableGroup(parameters, 0.05, 0.1)], clipNorm: 1);

        step.Run(1, () => Loss([parameters[0], parameters[2]]));

        parameters[1].equal(Made()[1]).all().item<bool>().Should().BeTrue("a decay would have changed it");
        parameters[2].equal(Made()[2]).all().item<bool>().Should().BeFalse();
    }

    [Fact]
    public void Afterwards_each_has_memory_of_its_own()
    {
        var parameters = Made();
        using (new TrainingStep([new TrainableGroup(parameters, 0.05)], null))
            parameters[1].storage_offset().Should().Be(parameters[0].numel(), "they lie one behind the other");

        parameters[1].storage_offset().Should().Be(0);
        foreach (var (parameter, made) in parameters.Zip(Made())) parameter.equal(made).all().item<bool>().Should().BeTrue();
    }

    [Fact]
    public void Large_ones_and_those_of_another_type_stay_apart()
    {
        Parameter[] parameters = [.. Made(), new Parameter(ones(FlatParameters.LargestPart + 1)), new Parameter(ones(3, dtype: ScalarType.Float64))];
        using var step = new TrainingStep([new TrainableGroup(parameters, 0.05)], null);

        step.Run(1, () => Loss(parameters.Take(3)).add(parameters[3].sum()).add(parameters[4].sum().to(ScalarType.Float32)));

        step.Parameters.Should().Equal(parameters);
        foreach (var (parameter, start) in parameters.Zip([.. Made(), ones(1), ones(1)]))
            parameter.detach().view(-1)[0].to(ScalarType.Float64).item<double>().Should().NotBe(start.detach().view(-1)[0].item<float>());
        step.Moments.Select(moment => moment.First.shape).Should().BeEquivalentTo(parameters.Select(p => p.shape), o => o.WithStrictOrdering());
        step.Moments[2].First.view(-1)[0].item<float>().Should().NotBe(0);
    }

    static Parameter[] Made()
    {
        using var generator = new Generator(3, CPU);
        return [new Parameter(randn([4, 3], generator: generator)), new Parameter(randn([5], generator: generator)), new Parameter(randn([2, 2], generator: generator))];
    }

    static Tensor Loss(IEnumerable<Tensor> parameters) => parameters.Select(p => p.square().mul(3).sum()).Aggregate((one, other) => one.add(other));
}
