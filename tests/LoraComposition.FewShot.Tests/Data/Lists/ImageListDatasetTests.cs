using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Data.Lists;

public sealed class ImageListDatasetTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly TemporaryFolder elsewhere = new();

    public void Dispose()
    {
        folder.Dispose();
        elsewhere.Dispose();
    }

    [Fact]
    public void KeepsTheOrderOfTheListAndFindsEveryExtension()
    {
        folder.AddJpeg("b", "1.JPG");
        folder.AddPng("a", "10.png");
        folder.AddJpeg("a", "2.jpeg");

        var data = Open(("b/1.jpg", 1), ("a/2", 0), ("a/10.png", 0));

        data.Labels().Should().Equal(1, 0, 0);
        Enumerable.Range(0, 3).Select(data.RelativePath).Should().Equal("b/1.JPG", "a/2.jpeg", "a/10.png");
        data.Decode(0).Width.Should().Be(3);
    }

    [Theory]
    [InlineData("../secret.png")]
    [InlineData("a/../../secret.png")]
    [InlineData("/a/1.png")]
    [InlineData("a//1.png")]
    [InlineData("a\\1.png")]
    [InlineData(".hidden/1.png")]
    [InlineData("")]
    public void RefusesPathsThatAreNotBelowTheFolder(string path)
    {
        folder.AddPng("a", "1.png");

        Refusal(path).Should().StartWith("list.txt: line 1: expected the path of a picture in the data set's folder");
    }

    [Fact]
    public void FollowsLinksAndNamesThoseThatLeadNowhere()
    {
        string outside = elsewhere.AddPng("store.png");
        File.CreateSymbolicLink(folder.At("a", "1.png"), outside);
        Directory.CreateSymbolicLink(folder.At("b"), elsewhere.Path);
        File.CreateSymbolicLink(folder.At("a", "2.png"), folder.At("a", "missing.png"));

        var data = ImageListDataset.Of("mine", folder.Path, [("a/1.png", "x"), ("b/store.png", "y")]);

        Enumerable.Range(0, 2).Select(i => data.Decode(i).Width).Should().AllBeEquivalentTo(3);
        Refusal("a/2.png").Should().Contain("line 1").And.Contain("leads nowhere");
    }

    [Fact]
    public void FollowsLinksThatStay()
    {
        string inside = folder.AddPng("a", "1.png");
        File.CreateSymbolicLink(folder.At("a", "2.png"), inside);

        Open(("a/2.png", 0)).Decode(0).Width.Should().Be(3);
    }

    [Fact]
    public void NamesTheLineOfWhatIsWrong()
    {
        folder.AddPng("a", "1.png");
        folder.Write("hidden", "a", "._1.png");

        var missing = () => Open(("a/1.png", 0), ("a/2.png", 0));
        var twice = () => Open(("a/1.png", 0), ("a/1", 1));
        var label = () => Open(("a/1.png", 2));
        var none = () => Open();

        missing.Should().Throw<DataException>().WithMessage("list.txt: line 2: the picture 'a/2.png' is missing in *");
        twice.Should().Throw<DataException>().WithMessage("list.txt: line 2: the picture 'a/1.png' was already listed at line 1*");
        label.Should().Throw<DataException>().WithMessage("list.txt: line 1: expected the number of one of 2 classes, found 3*");
        none.Should().Throw<DataException>().WithMessage("list.txt: expected at least one picture*");
    }

    [Fact]
    public void NamesTheFileThatIsNoPicture()
    {
        string broken = folder.Write("no picture", "a", "1.jpg");

        FluentActions.Invoking(() => Open(("a/1.jpg", 0)).Decode(0)).Should().Throw<DataException>().Which.Path.Should().EndWith(Path.Combine("a", "1.jpg")).And.HaveLength(broken.Length);
    }

    [Fact]
    public void FingerprintFollowsLabelsToo()
    {
        folder.AddPng("a", "1.png");

        Open(("a/1.png", 0)).Fingerprint.Should().Be(Open(("a/1.png", 0)).Fingerprint).And.NotBe(Open(("a/1.png", 1)).Fingerprint);
    }

    [Fact]
    public void TakesPathsWithTheNamesOfTheirClasses()
    {
        folder.AddPng("x", "1.png");
        folder.AddPng("2.png");

        var data = ImageListDataset.Of("mine", folder.Path, [("x/1.png", "dog"), ("2.png", "cat")]);
        var other = ImageListDataset.Of("mine", folder.Path, [("2.png", "cat")], ["dog", "bird", "cat"]);

        data.ClassNames.Should().Equal("cat", "dog");
        data.Labels().Should().Equal(1, 0);
        data.Decode(0).Width.Should().Be(3);
        other.ClassNames.Should().Equal("dog", "bird", "cat");
        other.Label(0).Should().Be(2);
    }

    [Fact]
    public void NamesThePictureOfAPairThatIsWrong()
    {
        folder.AddPng("1.png");

        Pairs([("1.png", "a"), ("2.png", "a")]).Should().Throw<DataException>().WithMessage("mine: picture 2: the picture '2.png' is missing in *");
        Pairs([("1.png", "a"), ("1.png", "b")]).Should().Throw<DataException>().WithMessage("mine: picture 2: *already listed at picture 1*");
        Pairs([]).Should().Throw<DataException>().WithMessage("mine: expected at least one picture*");
        Pairs([("1.png", "x")], "a").Should().Throw<ArgumentException>().WithMessage("*the picture '1.png' is of the class 'x'*");
        Pairs([("1.png", "")]).Should().Throw<ArgumentException>().WithMessage("*a class has no name*");
        Pairs([(null!, "a")]).Should().Throw<ArgumentException>().WithMessage("*has no path*");

        Action Pairs((string, string)[] pictures, params string[] classNames) =>
            () => ImageListDataset.Of("mine", folder.Path, pictures, classNames.Length == 0 ? null : classNames);
    }

    ImageListDataset Open(params (string Path, int Label)[] pictures) =>
        ImageListDataset.Open("list", ["a", "b"], "list.txt", folder.Path, pictures.Select((p, i) => new ListedPicture($"line {i + 1}", p.Path, p.Label)));

    string Refusal(string path) => FluentActions.Invoking(() => Open((path, 0))).Should().Throw<DataException>().Which.Message;
}
