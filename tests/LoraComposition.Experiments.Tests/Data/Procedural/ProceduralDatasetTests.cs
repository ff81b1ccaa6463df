using LoraComposition.FewShot;

namespace LoraComposition.Experiments.Tests.Data.Procedural;

public class ProceduralDatasetTests
{
    public static TheoryData<string> Kinds => [.. ProceduralKinds.Names];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void LabelsFollowTheOrderOfTheClasses(string kind)
    {
        var data = ProceduralKinds.Of(kind)([9, 4], 3, size: 24);

        data.Count.Should().Be(6);
        data.Labels().Should().Equal(0, 0, 0, 1, 1, 1);
        data.ClassNames.Should().Equal(ProceduralKinds.Of(kind)([9], 1).ClassNames[0], ProceduralKinds.Of(kind)([4], 1).ClassNames[0]).And.OnlyHaveUniqueItems();
        (data.Decode(5).Width, data.Decode(5).Height).Should().Be((24, 24));
        FluentActions.Invoking(() => data.Decode(6)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => data.Label(-1)).Should().Throw<ArgumentOutOfRangeException>();
    }

    // Recorded results depend on these pictures: a change of a formula needs a new version in its fingerprint.
    [Theory]
    [InlineData("dots", "99c92f657c4bb8f39715")]
    [InlineData("fractals points", "496c09388c681cfba989")]
    [InlineData("fractals sketch", "c061e8f2f93f8b8b504e")]
    [InlineData("fractals cartoon", "151a8d79ba7fc97903c1")]
    [InlineData("fractals painting", "75d2cc3de4dc19ace8eb")]
    [InlineData("glyphs", "0d3d99218f26c5d21b5e")]
    [InlineData("polygons", "2032333582196d0b0aff")]
    [InlineData("textures", "9728a9934d0187f1e2d7")]
    [InlineData("tilings", "155c64a1ff6d07221cea")]
    public void PicturesAreTheSameOnEveryMachine(string kind, string expected) =>
        PictureHash.OfAll(new[] { 8, 32, 65 }.Select(size => ProceduralKinds.Of(kind)([0, 7, 11], 4, size, seed: 3, firstInstance: 5))).Should().StartWith(expected);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void APictureDependsOnItsClassAndInstanceOnly(string kind)
    {
        var many = ProceduralKinds.Of(kind)([7, 8, 9], 5, seed: 2);
        var one = ProceduralKinds.Of(kind)([9], 2, seed: 2, firstInstance: 3);

        PictureHash.Of(one.Decode(0)).Should().Be(PictureHash.Of(many.Decode(13)));
        PictureHash.Of(one.Decode(1)).Should().Be(PictureHash.Of(many.Decode(14)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void NoTwoPicturesAreTheSameWhateverTheThreads(string kind)
    {
        var train = ProceduralKinds.Of(kind)([1, 2], 20);
        ImageDataset[] sets = [train, ProceduralKinds.Of(kind)([1, 2], 5, firstInstance: 20), ProceduralKinds.Of(kind)([1, 2], 5, seed: 1)];
        string[] parallel = new string[train.Count];
        Parallel.For(0, train.Count, i => parallel[i] = PictureHash.Of(train.Decode(i)));

        parallel.Should().Equal(Enumerable.Range(0, train.Count).Select(i => PictureHash.Of(train.Decode(i))));
        sets.SelectMany(set => Enumerable.Range(0, set.Count).Select(i => PictureHash.Of(set.Decode(i)))).Should().OnlyHaveUniqueItems();
    }

    // Chance is one in ten: the nearest average of features that know no shape does three times as well.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void ClassesCanBeToldApart(string kind)
    {
        int[] classes = [.. Enumerable.Range(0, 10)];
        var train = ProceduralKinds.Of(kind)(classes, 40);
        var test = ProceduralKinds.Of(kind)(classes, 20, firstInstance: 40);
        float[][] means = [.. Enumerable.Range(0, train.Count).GroupBy(train.Label, i => Brightness.Statistics(train.Decode(i))).Select(Mean)];

        double accuracy = Enumerable.Range(0, test.Count).Average(i => Nearest(means, Brightness.Statistics(test.Decode(i))) == test.Label(i) ? 1.0 : 0.0);

        accuracy.Should().BeGreaterThan(0.3);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void FingerprintFollowsEveryParameter(string kind)
    {
        var make = ProceduralKinds.Of(kind);
        string[] prints =
        [
            make([1, 2], 3).Fingerprint, make([2, 1], 3).Fingerprint, make([1, 2], 4).Fingerprint,
            make([1, 2], 3, size: 16).Fingerprint, make([1, 2], 3, seed: 1).Fingerprint, make([1, 2], 3, firstInstance: 1).Fingerprint,
        ];

        prints.Should().OnlyHaveUniqueItems();
        make([1, 2], 3).Fingerprint.Should().Be(prints[0]);
    }

    [Fact]
    public void KindsAndStylesHaveFingerprintsOfTheirOwn() => ProceduralKinds.Names.Select(kind => ProceduralKinds.Of(kind)([1, 2], 3).Fingerprint).Should().OnlyHaveUniqueItems();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void RefusesWrongParameters(string kind)
    {
        var make = ProceduralKinds.Of(kind);
        FluentActions.Invoking(() => make(null!, 1)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => make([], 1)).Should().Throw<ArgumentException>().WithMessage("*no classes*");
        FluentActions.Invoking(() => make([1, 1], 1)).Should().Throw<ArgumentException>().WithMessage("*twice*");
        FluentActions.Invoking(() => make([-1], 1)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => make([1], 0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => make([1, 2], int.MaxValue)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => make([1], 1, size: 7)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => make([1], 1, size: 513)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => make([1], 1, firstInstance: -1)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => make([1], 2, firstInstance: int.MaxValue - 1)).Should().Throw<ArgumentOutOfRangeException>();
    }

    static float[] Mean(IEnumerable<float[]> features)
    {
        float[][] all = [.. features];
        return [.. Enumerable.Range(0, all[0].Length).Select(i => all.Average(f => f[i]))];
    }

    static int Nearest(float[][] means, float[] features) => Array.IndexOf(means, means.MinBy(m => m.Zip(features, (a, b) => (a - b) * (a - b)).Sum()));
}
