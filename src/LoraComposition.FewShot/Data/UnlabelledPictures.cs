namespace LoraComposition.FewShot;

/// <summary>Pictures whose class is not known: all have the one class "unlabelled".</summary>
internal sealed class UnlabelledPictures(int count, Func<int, RgbImage> decode) : ImageDataset
{
    public override string Name => "pictures";

    public override IReadOnlyList<string> ClassNames => ["unlabelled"];

    public override int Count => count;

    public override string Fingerprint => throw new NotSupportedException("Pictures that are only looked at once have no fingerprint.");

    public override int Label(int index)
    {
        CheckIndex(index);
        return 0;
    }

    public override RgbImage Decode(int index)
    {
        CheckIndex(index);
        return decode(index);
    }
}
