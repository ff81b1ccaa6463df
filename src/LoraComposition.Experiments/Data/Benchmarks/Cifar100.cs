namespace LoraComposition.Experiments;

/// <summary>CIFAR-100 (Krizhevsky, 2009): 100 classes, 32 × 32 pixels, 50,000 pictures to learn from and 10,000 to test on.</summary>
public sealed class Cifar100() : ImageBenchmark("cifar100", "the binary version: train.bin, test.bin and fine_label_names.txt")
{
    private protected override IReadOnlyList<string> SubFolders { get; } = ["cifar-100-binary"];

    private protected override HubTable Hub { get; } = new() { Folders = ["", "data", "cifar100"], LabelColumns = ["fine_label", "label"] };

    private protected override bool IsOriginal(string folder) => File.Exists(Path.Combine(folder, "train.bin")) || File.Exists(Path.Combine(folder, "test.bin"));

    private protected override ImageSplits OpenOriginal(string folder) => new(Cifar100Dataset.Open(folder, train: true), Cifar100Dataset.Open(folder, train: false));
}
