using LoraComposition.FewShot;

namespace LoraComposition.Benchmarks;

/// <summary>A few pictures of noise in two classes.</summary>
sealed class NoisePictures(int side) : ImageDataset
{
    const int PerClass = 2;

    public override string Name => "noise";

    public override IReadOnlyList<string> ClassNames => ["a", "b"];

    public override int Count => PerClass * ClassNames.Count;

    public override string Fingerprint => "noise";

    public override int Label(int index) => index / PerClass;

    public override RgbImage Decode(int index)
    {
        byte[] pixels = new byte[3 * side * side];
        new Random(index).NextBytes(pixels);
        return new RgbImage(side, side, pixels);
    }
}
