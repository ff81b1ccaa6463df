using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>Food-101 (Bossard and others, 2014): 101 dishes, 75,750 pictures to learn from and 25,250 to test on. On the hub the test part is called validation.</summary>
public sealed class Food101() : ImageBenchmark("food101", "images/<class>/*.jpg with meta/classes.txt, meta/train.txt and meta/test.txt")
{
    private protected override IReadOnlyList<string> SubFolders { get; } = ["food-101"];

    private protected override HubTable Hub { get; } = new()
    {
        PartWords = new Dictionary<string, HubPart> { ["train"] = HubPart.Train, ["validation"] = HubPart.Test, ["test"] = HubPart.Test },
    };

    private protected override bool IsOriginal(string folder) => Directory.Exists(Path.Combine(folder, "meta")) || Directory.Exists(Path.Combine(folder, "images"));

    private protected override ImageSplits OpenOriginal(string folder)
    {
        string meta = Path.Combine(folder, "meta"), testList = Path.Combine(meta, "test.txt");
        var classes = TextList.ReadClasses(Path.Combine(meta, "classes.txt"));
        var train = Open("train", Path.Combine(meta, "train.txt"));
        var test = Open("test", testList);
        ImageListDataset.RefuseShared(train, test, testList);
        return new(train, test);

        ImageListDataset Open(string part, string list) =>
            ImageListDataset.Open($"{Name}-{part}", [.. classes.Keys], list, Path.Combine(folder, "images"), TextList.Read(list).Select(entry => Entry(list, entry.Line, entry.Text)));

        // A line is <class>/<id>, without the extension.
        ListedPicture Entry(string list, int line, string text) =>
            text.Split('/') is [var name, _] && classes.TryGetValue(name, out int label) ? new($"line {line}", text, label)
                : throw new DataException(list, $"line {line}: expected <class>/<picture> with one of the {classes.Count} classes of classes.txt, found '{Excerpt.Of(text)}'.");
    }
}
