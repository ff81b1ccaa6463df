using LoraComposition.FewShot.Tests.Data.Folders;
using SkiaSharp;

namespace LoraComposition.FewShot.Tests.Data;

public sealed class ImageStreamDatasetTests
{
    static readonly byte[] red = Png(new SKColor(255, 0, 0)), green = Png(new SKColor(0, 255, 0));

    [Fact]
    public void NumbersTheClassesOfThePicturesInOrdinalOrder()
    {
        var data = new ImageStreamDataset("mine", [("1", () => new MemoryStream(red), "b"), ("2", () => new MemoryStream(green), "a")]);

        data.ClassNames.Should().Equal("a", "b");
        data.Labels().Should().Equal(1, 0);
        data.Decode(0).Pixels[..3].ToArray().Should().Equal(255, 0, 0);
        data.Decode(1).Pixels[..3].ToArray().Should().Equal(0, 255, 0);
    }

    /// <summary>A test part in which a class is missing has the labels of the training part.</summary>
    [Fact]
    public void TakesTheClassesOfAnotherDataSet()
    {
        var data = new ImageStreamDataset("mine", [("1", () => new MemoryStream(red), "b")], ["c", "a", "b"]);

        data.ClassNames.Should().Equal("c", "a", "b");
        data.Label(0).Should().Be(2);
        data.Fingerprint.Should().NotBe(new ImageStreamDataset("mine", [("1", () => new MemoryStream(red), "b")], ["a", "c", "b"]).Fingerprint)
            .And.Be(new ImageStreamDataset("other", [("1", () => new MemoryStream(green), "b")], ["c", "a", "b"]).Fingerprint);
    }

    [Fact]
    public void OpensAPictureOnlyToDecodeItAndDisposesTheStream()
    {
        var opened = new List<MemoryStream>();
        var data = new ImageStreamDataset("mine", [("1", Open, "a"), ("2", Open, "b")]);
        _ = (data.Labels(), data.Fingerprint);
        opened.Should().BeEmpty();

        data.Decode(1);

        opened.Should().ContainSingle().Which.CanRead.Should().BeFalse();

        MemoryStream Open()
        {
            opened.Add(new MemoryStream(red));
            return opened[^1];
        }
    }

    [Fact]
    public void APictureThatCannotBeReadIsNamed()
    {
        var data = new ImageStreamDataset("mine",
        [
            ("gone", () => throw new InvalidOperationException("no such row"), "a"),
            ("null", () => null!, "a"),
            ("broken", () => new MemoryStream(red[..20]), "a"),
            ("stopped", () => throw new OperationCanceledException(), "a"),
        ]);

        Decoding(0).Should().Throw<DataException>().WithMessage("mine: gone: the picture cannot be read: no such row")
            .WithInnerException<InvalidOperationException>();
        Decoding(1).Should().Throw<DataException>().WithMessage("mine: null: *");
        Decoding(2).Should().Throw<DataException>().WithMessage("mine: broken: expected a whole JPEG, PNG*picture*");
        Decoding(3).Should().Throw<OperationCanceledException>();
        Decoding(4).Should().Throw<ArgumentOutOfRangeException>();

        Action Decoding(int index) => () => data.Decode(index);
    }

    [Fact]
    public void RefusesWhatIsNoDataSet()
    {
        Func<Stream> open = () => new MemoryStream(red);

        Refusal([]).Should().Contain("holds no picture");
        Refusal([("1", open, "a"), ("1", open, "b")]).Should().Contain("two pictures are called '1'");
        Refusal([(" ", open, "a")]).Should().Contain("has no name");
        Refusal([("1", null!, "a")]).Should().Contain("nothing opens the picture '1'");
        Refusal([("1", open, null!)]).Should().Contain("a class has no name");
        Refusal([("1", open, null!)], "a").Should().Contain("expected one of the 1 classes");
        Refusal([("1", open, "x")], "a", "b").Should().Contain("the picture '1' is of the class 'x', expected one of the 2 classes");
        Refusal([("1", open, "a")], "a", "a").Should().Contain("the class 'a' is given twice");

        static string Refusal((string, Func<Stream>, string)[] pictures, params string[] classNames) =>
            FluentActions.Invoking(() => new ImageStreamDataset("mine", pictures, classNames.Length == 0 ? null : classNames))
                .Should().Throw<ArgumentException>().Which.Message;
    }

    static byte[] Png(SKColor colour) => Pictures.Encode(SKEncodedImageFormat.Png, 3, 2, (_, _) => colour);
}
