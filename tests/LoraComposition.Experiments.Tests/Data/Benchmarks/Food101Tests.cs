using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

public sealed class Food101Tests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public Food101Tests()
    {
        folder.AddJpeg("food-101", "images", "apple_pie", "1.jpg");
        folder.AddJpeg("food-101", "images", "waffles", "2.JPG");
        folder.AddJpeg("food-101", "images", "waffles", "3.jpg");
        Meta("apple_pie\nwaffles\n", "waffles/2\r\napple_pie/1\r\n", "waffles/3\n\n");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsTheListsOfTheAuthors()
    {
        var (train, test) = new Food101().Open(folder.Path);

        train.ClassNames.Should().Equal("apple_pie", "waffles");
        train.Labels().Should().Equal(1, 0);
        test.Labels().Should().Equal(1);
        train.Decode(0).Width.Should().Be(3);
        (train.Name, test.Name).Should().Be(("food101-train", "food101-test"));
    }

    [Fact]
    public void NamesTheLineOfAnUnknownClass()
    {
        Meta("apple_pie\n", "apple_pie/1\n\nwaffles/2\n", "waffles/3");
        new Food101().Refusal(folder).Should().Contain("train.txt: line 3: expected <class>/<picture> with one of the 1 classes of classes.txt, found 'waffles/2'");

        Meta("apple_pie\nwaffles", "../images/apple_pie/1", "waffles/3");
        new Food101().Refusal(folder).Should().Contain("train.txt: line 1: expected <class>/<picture>");
    }

    [Fact]
    public void RefusesListsThatContradictThemselves()
    {
        Meta("apple_pie\nwaffles\napple_pie", "apple_pie/1", "waffles/3");
        new Food101().Refusal(folder).Should().Contain("classes.txt: line 3: the class 'apple_pie' is listed twice");

        Meta("apple_pie\nwaffles", "waffles/2\nwaffles/2", "waffles/3");
        new Food101().Refusal(folder).Should().Contain("train.txt: line 2: the picture 'waffles/2.JPG' was already listed at line 1");

        Meta("apple_pie\nwaffles", "waffles/2\nwaffles/3", "waffles/3");
        new Food101().Refusal(folder).Should().Contain("test.txt: the picture 'waffles/3.jpg' is in the training list too");
    }

    [Fact]
    public void NamesTheMissingList()
    {
        File.Delete(folder.At("food-101", "meta", "test.txt"));

        new Food101().Refusal(folder).Should().Contain("test.txt: the file is missing");
    }

    [Fact]
    public void TakesTheHubsValidationForTheTestPart()
    {
        using var hub = new TemporaryFolder();
        hub.WriteBytes(TinyHub.File(TinyHub.Rows(0, 1, 1), ["apple_pie", "waffles"]), "data", "train-00000-of-00001.parquet");
        hub.WriteBytes(TinyHub.File(TinyHub.Rows(1), ["apple_pie", "waffles"]), "data", "validation-00000-of-00001.parquet");

        var (train, test) = new Food101().Open(hub.Path);

        (train.Count, test.Count).Should().Be((3, 1));
    }

    void Meta(string classes, string train, string test)
    {
        folder.Write(classes, "food-101", "meta", "classes.txt");
        folder.Write(train, "food-101", "meta", "train.txt");
        folder.Write(test, "food-101", "meta", "test.txt");
    }
}
