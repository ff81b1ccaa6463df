using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// Flowers-102 (Nilsback and Zisserman, 2008): 102 flowers; the published split has 10 pictures per class to learn from and 6,149 to test on, its validation
/// part is not used.
/// </summary>
/// <remarks>The original files do not name the classes: they are called <c>class-000</c> and so on.</remarks>
public sealed class Flowers102() : ImageBenchmark("flowers102", "jpg/image_00001.jpg … with imagelabels.mat and setid.mat")
{
    private protected override IReadOnlyList<string> SubFolders { get; } = ["flowers-102"];

    private protected override bool IsOriginal(string folder) => Directory.Exists(Path.Combine(folder, "jpg")) || File.Exists(Path.Combine(folder, "setid.mat"));

    private protected override ImageSplits OpenOriginal(string folder)
    {
        var split = new MatVariables(Path.Combine(folder, "setid.mat"));
        string labelFile = Path.Combine(folder, "imagelabels.mat");
        int[] labels = new MatVariables(labelFile).Counts("labels");
        if (labels.Length == 0 || labels.Max() > labels.Length)
            throw new DataException(labelFile, $"expected at most as many classes as the {labels.Length} pictures; the file is damaged.");
        string[] classNames = [.. Enumerable.Range(0, labels.Max()).Select(i => $"class-{i:D3}")];
        var train = Open("train", "trnid");
        var test = Open("test", "tstid");
        ImageListDataset.RefuseShared(train, test, split.File);
        return new(train, test);

        ImageListDataset Open(string part, string variable) =>
            ImageListDataset.Open($"{Name}-{part}", classNames, split.File, Path.Combine(folder, "jpg"),
                split.Counts(variable).Select((id, i) => Entry($"'{variable}', entry {i + 1}", id)));

        ListedPicture Entry(string place, int id) => id <= labels.Length ? new(place, $"image_{id:D5}.jpg", labels[id - 1] - 1)
            : throw new DataException(split.File, $"{place}: expected one of {labels.Length} pictures that imagelabels.mat labels, found {id}.");
    }
}

/// <summary>Stanford Cars (Krause and others, 2013): 196 models of cars, 8,144 pictures to learn from and 8,041 to test on.</summary>
public sealed class StanfordCars() : ImageBenchmark("stanford-cars",
    "cars_train/*.jpg and cars_test/*.jpg with devkit/cars_meta.mat, devkit/cars_train_annos.mat and cars_test_annos_withlabels.mat (beside devkit or in it)")
{
    private protected override IReadOnlyList<string> SubFolders { get; } = ["stanford_cars"];

    private protected override bool IsOriginal(string folder) => Directory.Exists(Path.Combine(folder, "cars_train"))
        || Directory.Exists(Path.Combine(folder, "devkit"));

    private protected override ImageSplits OpenOriginal(string folder)
    {
        string devkit = Path.Combine(folder, "devkit"), labelled = Path.Combine(folder, "cars_test_annos_withlabels.mat");
        string[] classNames = new MatVariables(Path.Combine(devkit, "cars_meta.mat")).Texts("class_names");
        return new(
            Open("train", Path.Combine(devkit, "cars_train_annos.mat")),
            Open("test", File.Exists(labelled) ? labelled : Path.Combine(devkit, "cars_test_annos_withlabels.mat")));

        ImageListDataset Open(string part, string annotations) => ImageListDataset.Open($"{Name}-{part}", classNames, annotations,
            Path.Combine(folder, $"cars_{part}"),
            new MatVariables(annotations).Entries("annotations", "fname", "class").Select(e => new ListedPicture(e.Place, e.Text, e.Count - 1)));
    }
}

/// <summary>
/// EuroSAT in colour (Helber and others, 2019): 10 kinds of land, 64 × 64 pixels, 27,000 pictures. There is no official split: a seeded fifth of each class is
/// tested on.
/// </summary>
public sealed class EuroSat() : ImageBenchmark("eurosat", "a sub-folder of pictures per class (AnnualCrop/*.jpg, Forest/*.jpg, …)")
{
    private protected override IReadOnlyList<string> SubFolders { get; } = ["2750", "EuroSAT_RGB", "EuroSAT", Path.Combine("EuroSAT", "2750")];

    private protected override bool IsOriginal(string folder) => Directory.Exists(Path.Combine(folder, "AnnualCrop"));

    private protected override ImageSplits OpenOriginal(string folder) => ImageSplits.Seeded(ImageFolderDataset.Open(folder, Name), SplitSeed);
}
