using LoraComposition.FewShot.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Training;

public sealed class GradientClippingTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(3)]
    [InlineData(1000)]
    public void IsTorchsOwnToTheBit(double norm)
    {
        using var scope = NewDisposeScope();
        Parameter[] expected = Create(), actual = Create();
        double before = nn.utils.clip_grad_norm_(expected, norm);

        GradientClipping.Clip(actual, norm);

        before.Should().BeInRange(4, 900, "else both cases are not met");
        for (int i = 0; i < expected.Length - 1; i++) Snapshot.Of(actual[i].grad!).Should().Equal(Snapshot.Of(expected[i].grad!));
        actual[^1].grad.Should().BeNull();
        Norm(actual).Should().BeApproximately(Math.Min(norm, before), 1e-4 * before);
    }

    [Fact]
    public void NothingToClipIsFine()
    {
        using var lonely = new Parameter(ones(2));
        GradientClipping.Clip([lonely], 1);
        lonely.grad.Should().BeNull();
    }

    static Parameter[] Create()
    {
        using var generator = new Generator(3, CPU);
        Parameter[] parameters = [new(zeros(5, 7)), new(zeros(11)), new(zeros(2, 3, 4)), new(zeros(2))];
        foreach (var parameter in parameters[..^1]) parameter.grad = randn(parameter.shape, generator: generator).mul(2);
        return parameters;
    }

    static double Norm(IEnumerable<Parameter> parameters) => Math.Sqrt(parameters.Select(p => p.grad).OfType<Tensor>().Sum(g => g.square().sum().item<float>()));
}
