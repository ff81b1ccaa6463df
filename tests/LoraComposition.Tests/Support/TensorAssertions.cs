using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Support;

static class TensorAssertions
{
    public const double Tolerance = 1e-4;

    /// <summary>Same shape, and no element further off than the tolerance.</summary>
    public static void ShouldBeClose(this Tensor actual, Tensor expected, double tolerance = Tolerance, string because = "")
    {
        actual.shape.Should().Equal(expected.shape, because);
        actual.Distance(expected).Should().BeLessThanOrEqualTo(tolerance, because);
    }

    /// <summary>The largest absolute difference; not a number where one side is not.</summary>
    public static double Distance(this Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        if (actual.numel() == 0) return 0;
        return actual.detach().to(ScalarType.Float64).sub(expected.detach().to(ScalarType.Float64)).abs().max().item<double>();
    }

    public static void ShouldBeIdentical(this Tensor actual, Tensor expected, string because = "")
    {
        actual.shape.Should().Equal(expected.shape, because);
        actual.dtype.Should().Be(expected.dtype, because);
        actual.equal(expected).all().item<bool>().Should().BeTrue(because);
    }
}
