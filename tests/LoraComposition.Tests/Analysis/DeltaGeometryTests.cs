using CsCheck;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Analysis;

public class DeltaGeometryTests
{
    static Tensor Dense(LoraDelta delta) => delta.B.to(ScalarType.Float64).matmul(delta.A.to(ScalarType.Float64)).mul(delta.Scaling);

    static double Inner(LoraDelta first, LoraDelta second) => Dense(first).mul(Dense(second)).sum().item<double>();

    [Fact]
    public void Agrees_with_the_dense_matrices() =>
        Gen.Select(Gen.Int[1, 10], Gen.Int[1, 10], Gen.Int[1, 12], Gen.Int[1, 12], Gen.Double[-3, 3], Gen.Int[1, 1_000_000]).Sample((i, o, r1, r2, scaling, seed) =>
        {
            using var scope = NewDisposeScope();
            using var first = SmallLayers.Delta(i, o, r1, scaling, seed);
            using var second = SmallLayers.Delta(i, o, r2, 0.7, seed + 1);
            var (inner, n1, n2) = (Inner(first, second), Math.Sqrt(Inner(first, first)), Math.Sqrt(Inner(second, second)));
            DeltaGeometry.FrobeniusNorm(first).Should().BeApproximately(n1, 1e-9 * (1 + n1));
            DeltaGeometry.InnerProduct(first, second).Should().BeApproximately(inner, 1e-9 * (1 + n1 * n2));
            if (n1 > 0) DeltaGeometry.CosineSimilarity(first, second).Should().BeApproximately(inner / n1 / n2, 1e-9);
        }, iter: 100, threads: 1);

    [Theory]
    [InlineData(2.5, 1)]
    [InlineData(-0.5, -1)]
    [InlineData(0, 0)]
    public void A_multiple_points_the_same_way_the_opposite_or_nowhere(double factor, double cosine)
    {
        using var delta = SmallLayers.Delta(40, 30, 4, 0.3, seed: 5, ScalarType.BFloat16);
        using var multiple = new LoraDelta(delta.A.clone(), delta.B.clone(), 0.3 * factor);
        DeltaGeometry.CosineSimilarity(delta, multiple).Should().BeApproximately(cosine, 1e-12).And.BeInRange(-1, 1);
    }

    [Fact]
    public void Modules_that_cancel_have_no_length()
    {
        using var scope = NewDisposeScope();
        using var part = SmallLayers.Delta(50, 60, 4, 1, seed: 6, ScalarType.Float64);
        using var nothing = new LoraDelta(cat([part.A.mul(0.1), part.A.mul(0.2), part.A.mul(-0.3)], 0), cat([part.B, part.B, part.B], 1), 1);
        DeltaGeometry.FrobeniusNorm(nothing).Should().Be(0);
    }

    [Fact]
    public void Another_layer_is_refused()
    {
        using var first = SmallLayers.Delta(3, 4, 1, 1, 1);
        using var second = SmallLayers.Delta(3, 5, 1, 1, 1);
        FluentActions.Invoking(() => DeltaGeometry.CosineSimilarity(first, second)).Should().Throw<ArgumentException>().WithMessage("*[4, 3]*[5, 3]*");
    }

    [Fact]
    public void Leaves_nothing_behind()
    {
        using var delta = SmallLayers.Delta(3, 4, 1, 1, 1);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        DeltaGeometry.CosineSimilarity(delta, delta).Should().BeApproximately(1, 1e-12);
        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(before);
    }
}
