using LoraComposition.FewShot.Tests.Support;
using SkiaSharp;

namespace LoraComposition.FewShot.Tests.Data.Folders;

/// <summary>Which files are pictures, what is read of them, and what is said of the others.</summary>
public sealed class PictureFormatTests : IDisposable
{
    static readonly string fixtures = Path.Combine(AppContext.BaseDirectory, "Fixtures", "formats");
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("s.bmp")]
    [InlineData("s.ico")]
    [InlineData("s.webp")]
    public void ReadsTheFormatWhateverTheName(string file)
    {
        foreach (string name in (string[])[file.ToUpperInvariant(), "1.png", "without", "a.dat"]) File.Copy(Path.Combine(fixtures, file), folder.At("a", name));

        var data = ImageFolderDataset.Open(folder.Path);

        data.Count.Should().Be(4);
        data.Warning.Should().BeNull();
        for (int i = 0; i < data.Count; i++)
        {
            var picture = data.Decode(i);
            (picture.Width, picture.Height).Should().Be((6, 4));
            picture.Pixels[..3].ToArray().Should().Equal(116, 123, 128);
        }
    }

    [Fact]
    public void ReadsTheFirstPictureOfAnAnimation()
    {
        var picture = ImageFileDecoder.Decode(Path.Combine(fixtures, "animated.gif"));

        // The pictures behind it are of one colour.
        (picture.Width, picture.Height).Should().Be((6, 4));
        picture.Pixels[..3].ToArray().Should().Equal(102, 102, 153);
        picture.Pixels[^3..].ToArray().Should().NotEqual(picture.Pixels[..3].ToArray());
    }

    [Fact]
    public void CountsAndNamesWhatItPassesOver()
    {
        folder.AddPng("a", "1.png");
        File.Copy(Path.Combine(fixtures, "s.tif"), folder.At("a", "2.tif"));
        folder.Write("text", "a", "notes.txt");
        for (int i = 0; i < 7; i++) folder.Write("text", "a", $"z{i}.csv");
        folder.Write("hidden", "a", ".DS_Store");
        folder.Write("thumbnail", "a", "@eaDir", "1.png");
        folder.AddPng("loose.png");

        var data = ImageFolderDataset.Open(folder.Path);

        data.Count.Should().Be(1);
        data.Warning.Should().Be($"{folder.Path}: passed over 1 pictures beside the folders of the classes (loose.png); "
            + "1 TIFF pictures, which are not read (a/2.tif); 8 files that are no pictures (a/notes.txt, a/z0.csv, a/z1.csv, a/z2.csv, a/z3.csv and 3 more).");
        var lines = new List<string>();
        ImageFileList.Of(folder["a"], lines.Add).Should().HaveCount(1);
        lines.Should().ContainSingle().Which.Should().Contain("2.tif").And.Contain("8 files");
    }

    [Fact]
    public void AFileOfAPicturesNameIsNeverPassedOver()
    {
        folder.Write("../../real/a/1.png", "a", "1.png");
        folder.Write("", "a", "2.jpg");

        var data = ImageFolderDataset.Open(folder.Path);

        data.Count.Should().Be(2);
        FluentActions.Invoking(() => data.Decode(0)).Should().Throw<DataException>().WithMessage("*found a text ('../../real/a/1.png'; where this is a link that was copied as a text*");
        FluentActions.Invoking(() => data.Decode(1)).Should().Throw<DataException>().WithMessage("*the file is empty*");
    }

    [Theory]
    [InlineData(1, 0, 1, 2, 3, 4, 5)]
    [InlineData(2, 1, 0, 3, 2, 5, 4)]
    [InlineData(3, 5, 4, 3, 2, 1, 0)]
    [InlineData(4, 4, 5, 2, 3, 0, 1)]
    [InlineData(5, 0, 2, 4, 1, 3, 5)]
    [InlineData(6, 4, 2, 0, 5, 3, 1)]
    [InlineData(7, 5, 3, 1, 4, 2, 0)]
    [InlineData(8, 1, 3, 5, 0, 2, 4)]
    public void TurnsAPictureAsItsOrientationAsks(int orientation, params int[] expected)
    {
        // Blocks of 16 pixels, which JPEG keeps apart, 0 1 / 2 3 / 4 5 as they are stored.
        byte[] file = WithOrientation(Pictures.Encode(SKEncodedImageFormat.Jpeg, 32, 48, (x, y) => Grey(40 * (2 * (y / 16) + x / 16))), orientation);

        var picture = ImageFileDecoder.Decode(file, message => new DataException("picture", message));

        picture.Orientation.Should().Be(orientation);
        (picture.Width, picture.Height).Should().Be(orientation < 5 ? (32, 48) : (48, 32));
        Blocks(picture).Should().Equal(expected);
        Blocks(picture.AsStored()).Should().Equal(0, 1, 2, 3, 4, 5);
        picture.AsStored().Orientation.Should().Be(1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(200)]
    public void AnOrientationThatIsNoneTurnsNothing(int orientation)
    {
        byte[] file = WithOrientation(Pictures.Encode(SKEncodedImageFormat.Jpeg, 32, 48, (_, _) => Grey(9)), orientation);

        var picture = ImageFileDecoder.Decode(file, message => new DataException("picture", message));

        (picture.Width, picture.Height, picture.Orientation).Should().Be((32, 48, 1));
    }

    [Theory]
    [InlineData("o6.jpg")]
    [InlineData("o6.png")]
    [InlineData("o6.webp")]
    public void OrientationIsReadInEveryFormatThatHasIt(string file)
    {
        var picture = ImageFileDecoder.Decode(Path.Combine(fixtures, file));

        (picture.Width, picture.Height, picture.Orientation).Should().Be((4, 6, 6));
    }

    [Fact]
    public void ThePreprocessingTurnsOrReadsAsStored()
    {
        byte[] file = WithOrientation(Pictures.Encode(SKEncodedImageFormat.Jpeg, 32, 32, (x, y) => Grey(80 * (2 * (y / 16) + x / 16))), 6);
        var picture = ImageFileDecoder.Decode(file, message => new DataException("picture", message));

        Corner(upright: true).Should().BeApproximately(160 / 255f, 0.02f);
        Corner(upright: false).Should().BeApproximately(0, 0.02f);

        float Corner(bool upright)
        {
            using var images = new PreprocessedImages(new UnlabelledPictures(1, _ => picture), new ImagePreprocessing { Size = 32, Mean = new(0), Std = new(1), Upright = upright });
            using var batch = images.Batch([0], TorchSharp.torch.CPU);
            return batch.data<float>()[0];
        }
    }

    static SKColor Grey(int value) => new((byte)value, (byte)value, (byte)value);

    static int[] Blocks(RgbImage picture)
    {
        var blocks = new List<int>();
        for (int y = 8; y < picture.Height; y += 16)
            for (int x = 8; x < picture.Width; x += 16) blocks.Add((picture.Pixels[3 * (y * picture.Width + x)] + 20) / 40);
        return [.. blocks];
    }

    /// <summary>Puts an Exif segment with one entry, the orientation, behind a JPEG's first marker.</summary>
    static byte[] WithOrientation(byte[] jpeg, int orientation)
    {
        byte[] exif = [.. "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"u8, (byte)orientation, 0, 0, 0, 0, 0, 0];
        return [.. jpeg[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. jpeg[2..]];
    }
}
