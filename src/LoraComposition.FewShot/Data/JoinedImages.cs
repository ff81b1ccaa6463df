namespace LoraComposition.FewShot;

/// <summary>The pictures of one data set, and behind them those of another with the same classes.</summary>
internal sealed class JoinedImages(ImageDataset first, ImageDataset second) : ImageDataset
{
    public override string Name => first.Name;

    public override IReadOnlyList<string> ClassNames => first.ClassNames;

    public override int Count => first.Count + second.Count;

    public override string Fingerprint
    {
        get
        {
            using var hash = new ContentFingerprint();
            return hash.Add("joined").Add(first.Fingerprint).Add(second.Fingerprint).ToHex();
        }
    }

    public override int Label(int index)
    {
        CheckIndex(index);
        return index < first.Count ? first.Label(index) : second.Label(index - first.Count);
    }

    public override RgbImage Decode(int index)
    {
        CheckIndex(index);
        return index < first.Count ? first.Decode(index) : second.Decode(index - first.Count);
    }
}
