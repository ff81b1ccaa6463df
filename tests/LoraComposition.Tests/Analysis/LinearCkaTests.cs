using LoraComposition.Tests.Support;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Analysis;

public class LinearCkaTests
{
    [Theory]
    [InlineData("X", "Y")]
    [InlineData("X", "Z")]
    [InlineData("X", "X")]
    public void Agrees_with_the_reference(string x, string y)
    {
        using var scope = NewDisposeScope();
        var reference = Fixture.Tensors("cka.safetensors");
        LinearCka.Compute(reference[x], reference[y]).Should().BeApproximately(reference[$"{x}{y}.centred"].item<float>(), 1e-5);
    }

    [Fact]
    public void Is_symmetric_and_ignores_shift_scale_and_rotation()
    {
        using var scope = NewDisposeScope();
        var reference = Fixture.Tensors("cka.safetensors");
        var (x, y) = (reference["X"], reference["Y"]);
        double expected = LinearCka.Compute(x, y);
        var (rotation, _) = linalg.qr(randn(y.shape[1], y.shape[1]));

        LinearCka.Compute(y, x).Should().BeApproximately(expected, 1e-9);
        LinearCka.Compute(x, y.matmul(rotation).mul(3).add(5)).Should().BeApproximately(expected, 1e-5);
    }

    [Fact]
    public void A_constant_representation_is_like_nothing()
    {
        using var scope = NewDisposeScope();
        LinearCka.Compute(ones(5, 3), randn(5, 2)).Should().Be(0);
    }

    [Fact]
    public void Different_samples_are_refused()
    {
        using var scope = NewDisposeScope();
        var act = () => LinearCka.Compute(ones(5, 3), ones(4, 3));
        act.Should().Throw<ArgumentException>().WithMessage("*[5, 3]*[4, 3]*");
    }
}
