using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Trainers;

public sealed class HeadRegressionTests : IDisposable
{
    const int Classes = 3, Width = 5;
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    static ImageFeatures Features(int images, int seed, int copies = 1, double noise = 1)
    {
        using var generator = new Generator((ulong)seed, CPU);
        var labels = arange(images).remainder(Classes);
        var centres = randn(Classes, Width, generator: new Generator(99, CPU)) * 2;
        var values = centres.index_select(0, labels.repeat_interleave(copies)) + randn(images * copies, Width, generator: generator) * noise + 4;
        return new ImageFeatures(values, labels, copies);
    }

    // The penalised loss as its definition says, in float64.
    static Tensor Objective(Tensor weight, Tensor bias, ImageFeatures features, double penalty)
    {
        double scale = HeadRegression.ScaleOf(features);
        var logits = nn.functional.linear(features.Values.to(ScalarType.Float64), weight, bias);
        return nn.functional.cross_entropy(logits, features.Labels.repeat_interleave(features.Copies)) * features.Images
            + weight.square().sum() * (0.5 * penalty * scale * scale);
    }

    [Theory]
    [InlineData(0.3, 1)]
    [InlineData(10, 1)]
    [InlineData(10, 2)]
    [InlineData(300, 1)]
    public void ItIsTheMinimumOfThePenalisedLoss(double penalty, int copies)
    {
        var features = Features(30, 1, copies);

        var head = HeadRegression.Fit(features, Classes, penalty);

        var (weight, bias) = (head.Weight.detach().requires_grad_(), head.Bias.detach().requires_grad_());
        Objective(weight, bias, features, penalty).backward();
        weight.grad!.abs().max().item<double>().Should().BeLessThan(5e-3);
        bias.grad!.abs().max().item<double>().Should().BeLessThan(5e-3);
    }

    [Fact]
    public void ItEndsAlikeWhereverItStarts()
    {
        var features = Features(30, 1);
        var far = HeadRegression.Fit(features, Classes, 0.3);

        var (cold, warm) = (HeadRegression.Fit(features, Classes, 30), HeadRegression.Fit(features, Classes, 30, far));

        (cold.Weight - warm.Weight).abs().max().item<double>().Should().BeLessThan(1e-3);
        (far.Weight - cold.Weight).abs().max().item<double>().Should().BeGreaterThan(0.05, "the penalty matters");
    }

    [Fact]
    public void ThePenaltyIsTheOneOfTheLowestHeldOutLoss()
    {
        var (support, validation) = (Features(9, 1, noise: 3), Features(300, 2, noise: 3));
        var options = new HeadOptions { Penalties = [0.01, 1, 10, 1000] };
        double[] losses = [.. options.Penalties.Select(penalty => HeadRegression.Fit(support, Classes, penalty).Score(validation).Loss)];

        var (head, fitted) = HeadFitting.Fit(support, validation, Classes, options, seed: 0, CancellationToken.None);

        fitted.Choice.Should().Be(HeadChoice.Validation);
        fitted.Penalty.Should().Be(options.Penalties[Array.IndexOf(losses, losses.Min())]).And.BeInRange(1, 10, "noise needs a penalty, and too much of it helps nobody");
        head.Score(validation).Loss.Should().BeApproximately(losses.Min(), 1e-4);
        fitted.HeldOut!.Value.Loss.Should().BeApproximately(losses.Min(), 1e-3);
    }

    [Fact]
    public void WithoutValidationPartsOfTheSupportSetTakeTurns()
    {
        var options = new HeadOptions { Penalties = [0.001, 10, 100000] };

        var (_, fitted) = HeadFitting.Fit(Features(30, 1, copies: 2, noise: 5), null, Classes, options, seed: 0, CancellationToken.None);

        fitted.Choice.Should().Be(HeadChoice.CrossValidation);
        fitted.Penalty.Should().BeGreaterThan(0.001, "noise needs a penalty");
        fitted.HeldOut.Should().NotBeNull();
    }

    [Fact]
    public void OneImageOfAClassFixesThePenalty()
    {
        var (_, fitted) = HeadFitting.Fit(Features(Classes, 1), null, Classes, new HeadOptions { FixedPenalty = 7 }, seed: 0, CancellationToken.None);
        fitted.Should().Be(new FittedHead(7, HeadChoice.Fixed, null));
    }
}
