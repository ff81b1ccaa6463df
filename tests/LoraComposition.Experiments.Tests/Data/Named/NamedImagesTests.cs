using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Data.Named;

public sealed class NamedImagesTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    void Add(string place, int perClass, params string[] classes)
    {
        foreach (string name in classes)
            for (int i = 0; i < perClass; i++) folder.AddPng(place, name, $"{i}.png");
    }

    NamedImages Open(int validation = 1) => NamedImages.Open("pets", folder["pets"], validation);

    [Fact]
    public void WithoutATestPartAFifthOfEachClassIsTestedOnAndSaid()
    {
        Add("pets", 10, "cat", "dog");
        Add("pets", 5, "hen");

        var (name, (train, test)) = Open();

        name.Should().Be("pets");
        test.Labels().CountBy(label => label).Should().BeEquivalentTo(new Dictionary<int, int> { [0] = 2, [1] = 2, [2] = 1 });
        train.Count.Should().Be(20);
        ((DatasetView)train).SourceIndices.Should().NotIntersectWith(((DatasetView)test).SourceIndices);
        Open().Remarks.Should().Equal("pets: there is no test part; 5 of the 25 pictures, 20 % of each class drawn with seed 0, are tested on.");
        Open().Splits.Test.Fingerprint.Should().Be(test.Fingerprint, "the draw is seeded");
    }

    [Fact]
    public void AFolderWithPartsIsReadByThem()
    {
        Add("pets/train", 4, "cat", "dog");
        Add("pets/val", 2, "cat", "dog");

        Open().Splits.Test.Count.Should().Be(4);
        Open().Remarks.Should().Equal("pets: there is no test part; the validation part is tested on.");

        Add("pets/test", 3, "cat", "dog");

        Open().Splits.Test.Count.Should().Be(6);
        Open().Splits.Train.Count.Should().Be(8, "validation pictures are not learned from");
        Open().Remarks.Should().ContainSingle().Which.Should().Contain("the validation part is left alone");
    }

    [Fact]
    public void TheNameOfAPublishedDataSetMeansItsLayout()
    {
        Add("pets", 5, "cat", "dog");

        FluentActions.Invoking(() => NamedImages.Open("cifar100", folder["pets"], 1)).Should().Throw<DataException>().WithMessage("*pets: cifar100 needs *train.bin*; found neither. Data of one's own needs another name.");
    }

    [Fact]
    public void WhatCannotBeATaskIsRefused()
    {
        Add("pets", 5, "cat");

        FluentActions.Invoking(() => Open()).Should().Throw<DataException>().WithMessage($"{folder["pets"]}: expected at least 2 classes, found 'cat' alone*");
        FluentActions.Invoking(() => NamedImages.Open("none", folder["none"], 1)).Should().Throw<DataException>().WithMessage("*none: the folder is missing*");

        Add("few", 2, "cat", "dog");

        FluentActions.Invoking(() => NamedImages.Open("few", folder["few"], 1)).Should().Throw<DataException>().WithMessage("*no class has the 3 pictures*");
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    [InlineData(100, true)]
    public void MoreHeldOutThanLearnedFromIsAWarning(int validation, bool warns)
    {
        Add("pets", 10, "cat", "dog");

        Open(validation).Remarks.Any(remark => remark.StartsWith($"warning: pets: --validation {validation} leaves {Math.Max(1, 8 - validation)} of the 8 pictures of 'cat' to learn from", StringComparison.Ordinal)).Should().Be(warns);
    }

    [Fact]
    public void WhatIsPassedOverIsAWarning()
    {
        Add("pets", 5, "cat", "dog");
        folder.Write("text", "pets", "cat", "notes.txt");

        Open().Remarks.Should().Contain(remark => remark.StartsWith("warning: ", StringComparison.Ordinal) && remark.Contains("notes.txt", StringComparison.Ordinal));
    }
}
