using System.Buffers.Binary;
using LoraComposition.FewShot.Tests.Support;
using SkiaSharp;

namespace LoraComposition.FewShot.Tests.Data.Folders;

public sealed class ImageFileDecoderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(255)]
    [InlineData(3)]
    [InlineData(0)]
    public void DropsAlphaAndKeepsTheColoursUnderIt(byte alpha)
    {
        var image = Decode(Png(2, 2, [200, 100, 50, alpha], colourType: 6));

        (image.Width, image.Height).Should().Be((2, 2));
        image.Pixels[..3].ToArray().Should().Equal(200, 100, 50);
        image.Pixels[^3..].ToArray().Should().Equal(200, 100, 50);
    }

    [Fact]
    public void SpreadsGreyOverThreeChannels() => Decode(Png(3, 1, [77], colourType: 0)).Pixels.ToArray().Should().Equal(Enumerable.Repeat((byte)77, 9));

    [Fact]
    public void ReadsRowsFromTheTopLeft()
    {
        byte[] file = Pictures.Encode(SKEncodedImageFormat.Png, 5, 3, (x, y) => new SKColor((byte)(10 * x), (byte)(20 * y), 5));

        Decode(file).Pixels.Slice(3 * (2 * 5 + 4), 3).ToArray().Should().Equal(40, 40, 5);
    }

    [Fact]
    public void RefusesTextThatCallsItselfAPicture() => Refusal("not a picture"u8.ToArray()).Should().Contain("picture.png").And.Contain("damaged");

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    public void RefusesATruncatedPicture(SKEncodedImageFormat format)
    {
        var random = new Random(1);
        byte[] file = Pictures.Encode(format, 40, 40, (_, _) => new SKColor((uint)random.Next()).WithAlpha(255));

        Refusal(file[..(file.Length / 2)]).Should().Contain("picture.png").And.Contain("damaged");
    }

    [Fact]
    public void RefusesABombBeforeItIsUnpacked() => Refusal(Png(60000, 60000, [], colourType: 0)).Should().Contain("60000 x 60000").And.Contain("67108864 pixels");

    [Fact]
    public void RefusesAPictureThatIsOneLongLine() => Refusal(Png(70000, 1, [], colourType: 0)).Should().Contain("70000 x 1");

    RgbImage Decode(byte[] file)
    {
        string path = folder.At("picture.png");
        File.WriteAllBytes(path, file);
        return ImageFileDecoder.Decode(path);
    }

    string Refusal(byte[] file) => FluentActions.Invoking(() => Decode(file)).Should().Throw<DataException>().Which.Message;

    /// <summary>A PNG of one colour, or with no pixels at all where none is given. Skia's own encoder would lose colours under alpha 0.</summary>
    static byte[] Png(int width, int height, byte[] pixel, byte colourType)
    {
        using var data = new MemoryStream();
        using (var packed = new System.IO.Compression.ZLibStream(data, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
        {
            for (int y = 0; y < height && pixel.Length > 0; y++)
            {
                packed.WriteByte(0);
                for (int x = 0; x < width; x++) packed.Write(pixel);
            }
        }
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, colourType);
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, data.ToArray()), .. Chunk("IEND"u8, [])];
    }

    static byte[] Chunk(ReadOnlySpan<byte> type, byte[] content)
    {
        byte[] length = new byte[4], check = new byte[4], body = [.. type, .. content];
        BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
        BinaryPrimitives.WriteUInt32BigEndian(check, Crc32(body));
        return [.. length, .. body, .. check];
    }

    static uint Crc32(byte[] bytes)
    {
        uint crc = ~0u;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }
        return ~crc;
    }
}
