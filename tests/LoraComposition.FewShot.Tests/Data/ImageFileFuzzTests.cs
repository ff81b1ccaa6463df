using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.Fuzzing;
using SkiaSharp;

namespace LoraComposition.FewShot.Tests.Data;

/// <summary>Spoilt pictures: each is refused, or decoded to as many pixels as it says.</summary>
public sealed class ImageFileFuzzTests : IDisposable
{
    readonly MemoryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void EverySpoiltPictureIsDecodedOrRefused(SKEncodedImageFormat format)
    {
        byte[] picture = Pictures.Encode(format, 17, 9, (x, y) => new SKColor((byte)(15 * x), (byte)(28 * y), 7));

        // A picture of the most pixels that are read takes 3 bytes for each, once more where it is turned; Skia's own 4 are not .NET's.
        var kinds = Fuzz.Run<DataException>(seed: 1, count: 1500, random => ByteMutator.Mutate(random, [picture]), input =>
        {
            var decoded = ImageFileDecoder.Decode(folder.Write("picture", input.Bytes));
            if (decoded.Pixels.Length != 3 * decoded.Width * decoded.Height) throw new InvalidDataException($"{decoded.Pixels.Length} bytes for {decoded.Width} x {decoded.Height} pixels.");
        }, spareBytes: 6 * ImageFileDecoder.MaxPixels + (16 << 20), nativeSpareBytes: 10 * ImageFileDecoder.MaxPixels + (64 << 20));

        kinds.Values.Sum(kind => kind.Refused).Should().BeGreaterThan(300);
    }
}
