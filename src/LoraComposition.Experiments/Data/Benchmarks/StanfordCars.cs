using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Stanford Cars (Krause and others, 2013): 196 models of cars, 8,144 pictures to learn from and 8,041 to test on.</summary>
public sealed class StanfordCars() : ImageBenchmark("stanford-cars",
    "cars_train/*.jpg and cars_test/*.jpg with devkit/cars_meta.mat, devkit/cars_train_annos.mat and cars_test_annos_withlabels.mat (beside devkit or in it)")
{
    private protected override IReadOnlyList<string> SubFolders { get; } = ["stanford_cars"];

    private protected override bool IsOriginal(string folder) => Directory.Exists(Path.Combine(folder, "cars_train")) || Directory.Exists(Path.Combine(folder, "devkit"));

    private protected override ImageSplits OpenOriginal(string folder)
    {
        string devkit = Path.Combine(folder, "devkit"), labelled = Path.Combine(folder, "cars_test_annos_withlabels.mat");
        string[] classNames = new MatVariables(Path.Combine(devkit, "cars_meta.mat")).Texts("class_names");
        return new(
            Open("train", Path.Combine(devkit, "cars_train_annos.mat")),
            Open("test", File.Exists(labelled) ? labelled : Path.Combine(devkit, "cars_test_annos_withlabels.mat")));

        ImageListDataset Open(string part, string annotations) => ImageListDataset.Open($"{Name}-{part}", classNames, annotations, Path.Combine(folder, $"cars_{part}"),
            new MatVariables(annotations).Entries("annotations", "fname", "class").Select(e => new ListedPicture(e.Place, e.Text, e.Count - 1)));
    }
}
