using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>EuroSAT in colour (Helber and others, 2019): 10 kinds of land, 64 × 64 pixels, 27,000 pictures. There is no official split: a seeded fifth of each class is tested on.</summary>
public sealed class EuroSat() : ImageBenchmark("eurosat", "a sub-folder of pictures per class (AnnualCrop/*.jpg, Forest/*.jpg, …)")
{
    private protected override IReadOnlyList<string> SubFolders { get; } = ["2750", "EuroSAT_RGB", "EuroSAT", Path.Combine("EuroSAT", "2750")];

    private protected override bool IsOriginal(string folder) => Directory.Exists(Path.Combine(folder, "AnnualCrop"));

    private protected override ImageSplits OpenOriginal(string folder) => ImageSplits.Seeded(ImageFolderDataset.Open(folder, Name), SplitSeed);
}
