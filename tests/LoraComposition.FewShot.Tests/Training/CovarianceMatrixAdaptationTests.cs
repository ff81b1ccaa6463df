namespace LoraComposition.FewShot.Tests.Training;

public sealed class CovarianceMatrixAdaptationTests
{
    static readonly double[] start = [3, -2, 1, 0.5, -1];

    static SearchMinimum Run(Func<IReadOnlyList<double>, double> objective, int seed = 0, int evaluations = 6000, double bound = double.PositiveInfinity) =>
        CovarianceMatrixAdaptation.Minimise(objective, start, 0.5, evaluations, new SeededRandom(RandomStream.Search, seed), bound);

    static double Sphere(IReadOnlyList<double> x) => x.Sum(v => v * v);

    static double Ellipsoid(IReadOnlyList<double> x) => x.Select((v, i) => Math.Pow(1e6, i / (x.Count - 1.0)) * v * v).Sum();

    static double Rosenbrock(IReadOnlyList<double> x) => x.Zip(x.Skip(1), (a, b) => 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a)).Sum();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void FindsTheMinimumOfTheSphereAndOfAnEllipsoid(int seed)
    {
        Run(Sphere, seed).Point.Should().OnlyContain(v => Math.Abs(v) < 1e-6);
        Run(Ellipsoid, seed).Point.Should().OnlyContain(v => Math.Abs(v) < 1e-6, "the covariance takes up a condition of 10⁶");
    }

    [Fact]
    public void FindsTheEndOfRosenbrocksValley() => Run(Rosenbrock, evaluations: 10_000).Point.Should().OnlyContain(v => Math.Abs(v - 1) < 1e-6);

    /// <summary>The published rate: an evaluation budget within which the tutorial's settings reach 1e-8 on the sphere with room to spare.</summary>
    [Fact]
    public void IsAsFastAsItsSettingsPromise() => Run(Sphere, evaluations: 900).Value.Should().BeLessThan(1e-8);

    [Fact]
    public void StaysWithinTheBoundAndFindsAMinimumOnIt()
    {
        var seen = new List<double>();
        double Shifted(IReadOnlyList<double> x)
        {
            seen.AddRange(x);
            return Sphere([x[0] - 5, .. x.Skip(1)]);
        }
        var found = CovarianceMatrixAdaptation.Minimise(Shifted, new double[5], 0.5, 3000, new SeededRandom(RandomStream.Search, 3), bound: 1.5);

        seen.Should().OnlyContain(v => Math.Abs(v) <= 1.5);
        found.Point[0].Should().BeApproximately(1.5, 1e-6);
        found.Point.Skip(1).Should().OnlyContain(v => Math.Abs(v) < 1e-6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(40)]
    public void MakesAsManyEvaluationsAsItMayAndLooksAtTheStartFirst(int evaluations)
    {
        var points = new List<double[]>();
        var found = Run(x =>
        {
            points.Add([.. x]);
            return Sphere(x);
        }, evaluations: evaluations);

        points.Should().HaveCount(evaluations);
        points[0].Should().Equal(start);
        found.Evaluations.Should().Be(evaluations);
        found.Value.Should().Be(points.Min(Sphere)).And.Be(Sphere(found.Point));
    }

    [Fact]
    public void TheSeedDecides()
    {
        Run(Sphere, 4, 50).Point.Should().Equal(Run(Sphere, 4, 50).Point);
        Run(Sphere, 4, 50).Point.Should().NotEqual(Run(Sphere, 5, 50).Point);
    }

    [Fact]
    public void WhatIsNoNumberIsTheWorst()
    {
        // Half of the space gives nothing.
        var found = Run(x => x[0] < 0.5 ? double.NaN : Sphere([x[0] - 1, .. x.Skip(1)]));

        found.Point[0].Should().BeApproximately(1, 1e-6);
        Run(_ => double.NaN, evaluations: 20).Value.Should().Be(double.PositiveInfinity);
    }

    [Fact]
    public void SearchesOneVariableToo() =>
        CovarianceMatrixAdaptation.Minimise(x => (x[0] - 2) * (x[0] - 2), [0], 0.5, 500, new SeededRandom(RandomStream.Search, 0)).Point[0].Should().BeApproximately(2, 1e-6);

    [Fact]
    public void StopsWhereItIsTold()
    {
        int left = 7;
        CovarianceMatrixAdaptation.Minimise(Sphere, start, 0.5, 100, new SeededRandom(RandomStream.Search, 0), another: () => left-- > 0).Evaluations.Should().Be(8);
    }
}
