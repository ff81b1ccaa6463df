using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Data.Folders;

/// <summary>The ways in which people lay out their pictures.</summary>
public sealed class FolderLayoutTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("train", "val", null)]
    [InlineData("Train", "VALID", "Test")]
    [InlineData("training", "validation", "testing")]
    [InlineData("TRAIN", "dev", "TEST")]
    [InlineData("train", null, "test")]
    public void PartsHaveManyNames(string train, string? validation, string? test)
    {
        foreach (string part in new[] { train, validation, test }.OfType<string>())
        {
            folder.AddPng(part, "a", $"{part}.png");
            folder.AddPng(part, "b", $"{part}.png");
        }

        var splits = ImageFolderSplits.Open(folder.Path);

        splits.Train.RelativePath(0).Should().Be($"a/{train}.png");
        splits.Validation?.RelativePath(1).Should().Be($"b/{validation}.png");
        (splits.Validation is null).Should().Be(validation is null);
        (splits.Test is null).Should().Be(test is null);
        splits.Warnings.Should().BeEmpty();
    }

    [Fact]
    public void DeeperFoldersBelongToTheirClass()
    {
        folder.AddPng("a", "z.png");
        folder.AddPng("a", "part1", "2.png");
        folder.AddPng("a", "part0", "x", "1.png");
        folder.AddPng("b", "part0", "3.png");

        var data = ImageFolderSplits.Open(folder.Path).Train;

        Enumerable.Range(0, data.Count).Select(data.RelativePath).Should().Equal("a/part0/x/1.png", "a/part1/2.png", "a/z.png", "b/part0/3.png");
        data.Labels().Should().Equal(0, 0, 0, 1);
    }

    [Fact]
    public void AClassMayBeCalledLikeAPart()
    {
        folder.AddPng("car", "1.png");
        folder.AddPng("train", "1.png");
        folder.AddPng("train", ".ipynb_checkpoints", "1.png");
        folder.AddPng("test", "1.png");

        var splits = ImageFolderSplits.Open(folder.Path);

        splits.Train.ClassNames.Should().Equal("car", "test", "train");
        splits.Train.Count.Should().Be(3);
        splits.Test.Should().BeNull();
    }

    [Fact]
    public void AClassCalledTrainMayBeDeepAndIsToldOf()
    {
        folder.AddPng("car", "1.png");
        folder.AddPng("train", "express", "1.png");

        var splits = ImageFolderSplits.Open(folder.Path);

        splits.Train.ClassNames.Should().Equal("car", "train");
        splits.Warnings.Should().ContainSingle().Which.Should().Contain("'train' is read as a class").And.Contain("car");
    }

    [Fact]
    public void ATestPartWithoutClassesIsPassedOverAloud()
    {
        folder.AddPng("train", "a", "1.png");
        folder.AddPng("train", "b", "1.png");
        folder.AddPng("test", "1.png");

        var splits = ImageFolderSplits.Open(folder.Path);

        splits.Train.ClassNames.Should().Equal("a", "b");
        splits.Test.Should().BeNull();
        splits.Warnings.Should().ContainSingle().Which.Should().Contain("passed over 1 folders").And.Contain("test");
    }

    [Fact]
    public void RefusesOnePartTwiceAndPartsWithoutTraining()
    {
        folder.AddPng("x", "val", "a", "1.png");
        folder.AddPng("x", "test", "a", "1.png");
        folder.AddPng("y", "train", "a", "1.png");
        folder.AddPng("y", "training", "a", "1.png");

        FluentActions.Invoking(() => ImageFolderSplits.Open(folder["x"])).Should().Throw<DataException>().WithMessage("*'test' and 'val' but no folder 'train'*");
        FluentActions.Invoking(() => ImageFolderSplits.Open(folder["y"])).Should().Throw<DataException>().WithMessage("*'train' and 'training' are both the train part*");
    }

    [Fact]
    public void NamesAreComparedInOneUnicodeForm()
    {
        folder.AddPng("train", "\u00E9t\u00E9", "1.png");
        folder.AddPng("train", "e\u0301te\u0301", "2.png");
        folder.AddPng("train", "x", "1.png");
        folder.AddPng("test", "e\u0301te\u0301", "1.png");
        folder.AddPng("test", "x", "1.png");

        var splits = ImageFolderSplits.Open(folder.Path);

        splits.Train.ClassNames.Should().Equal("x", "\u00E9t\u00E9");
        splits.Train.Labels().Should().Equal(0, 1, 1);
        splits.Test!.Labels().Should().Equal(0, 1);
        Enumerable.Range(0, 3).Select(i => splits.Train.Decode(i).Width).Should().AllBeEquivalentTo(3);
    }

    [Fact]
    public void OrderIsOrdinal()
    {
        foreach (string name in (string[])["_c", "a", "B", "Z", "\u00E4"]) folder.AddPng("k", $"{name}.png");

        var data = ImageFolderDataset.Open(folder.Path);

        Enumerable.Range(0, data.Count).Select(data.RelativePath).Should().Equal("k/B.png", "k/Z.png", "k/_c.png", "k/a.png", "k/\u00E4.png");
    }
}
