namespace LoraComposition.FewShot.Tests.Data;

/// <summary>Pictures of one grey each: picture i has the value i. Counts how often it is asked for them.</summary>
internal sealed class MemoryDataset(int[] labels, int classCount, int width = 4, int height = 4) : ImageDataset
{
    int decoded;

    public int Decoded => decoded;

    public override string Name => "memory";

    public override IReadOnlyList<string> ClassNames { get; } = [.. Enumerable.Range(0, classCount).Select(i => $"c{i}")];

    public override int Count => labels.Length;

    public override string Fingerprint => $"memory-{labels.Length}";

    public override int Label(int index)
    {
        CheckIndex(index);
        return labels[index];
    }

    public override RgbImage Decode(int index)
    {
        CheckIndex(index);
        Interlocked.Increment(ref decoded);
        if (index == 13) throw new DataException("picture-13", "is damaged.");
        byte[] pixels = new byte[3 * width * height];
        Array.Fill(pixels, (byte)index);
        return new RgbImage(width, height, pixels);
    }
}
