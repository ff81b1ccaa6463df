namespace LoraComposition.FewShot;

/// <summary>Picture files whose class is not known: all have the one class "unlabelled".</summary>
sealed class UnlabelledFiles(IReadOnlyList<string> files) : ImageDataset
{
    public override string Name => "pictures";

    public override IReadOnlyList<string> ClassNames => ["unlabelled"];

    public override int Count => files.Count;

    public override string Fingerprint => throw new NotSupportedException("Files that are only looked at once have no fingerprint.");

    public override int Label(int index)
    {
        CheckIndex(index);
        return 0;
    }

    public override RgbImage Decode(int index)
    {
        CheckIndex(index);
        return ImageFileDecoder.Decode(files[index]);
    }
}
