using System.Text;
using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>
/// Food-101 (Bossard and others, 2014): 101 dishes, 75,750 pictures to learn from and 25,250 to test on. On the hub the test part is called validation.
/// </summary>
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
            ImageListDataset.Open($"{Name}-{part}", [.. classes.Keys], list, Path.Combine(folder, "images"),
                TextList.Read(list).Select(entry => Entry(list, entry.Line, entry.Text)));

        // A line is <class>/<id>, without the extension.
        ListedPicture Entry(string list, int line, string text) =>
            text.Split('/') is [var name, _] && classes.TryGetValue(name, out int label) ? new($"line {line}", text, label)
                : throw new DataException(list,
                    $"line {line}: expected <class>/<picture> with one of the {classes.Count} classes of classes.txt, found '{Excerpt.Of(text)}'.");
    }
}

/// <summary>SUN397 (Xiao and others, 2010): 397 scenes; each of the ten official partitions has 50 pictures per class to learn from and 50 to test on.</summary>
public sealed class Sun397() : ImageBenchmark("sun397", "a/abbey/*.jpg … with ClassName.txt, and Training_01.txt and Testing_01.txt beside it or in Partitions/")
{
    /// <summary>The official partition, from 1 to 10. Default 1. The hub's files have a split of their own.</summary>
    public int Partition { get; init; } = 1;

    private protected override IReadOnlyList<string> SubFolders { get; } = ["SUN397"];

    private protected override bool IsOriginal(string folder) => Directory.Exists(Path.Combine(folder, "a"));

    private protected override ImageSplits OpenOriginal(string folder)
    {
        var classes = TextList.ReadClasses(Find(folder, "ClassName.txt"));
        string[] names = [.. classes.Keys.Select(ShortName)];
        string trainList = Find(folder, $"Training_{Partition:D2}.txt"), testList = Find(folder, $"Testing_{Partition:D2}.txt");
        var train = Open("train", trainList);
        var test = Open("test", testList);
        ImageListDataset.RefuseShared(train, test, testList);
        return new(train, test);

        ImageListDataset Open(string part, string list) =>
            ImageListDataset.Open($"{Name}-{part}", names, list, folder, TextList.Read(list).Select(entry => Entry(list, entry.Line, entry.Text)));

        // A line is /a/abbey/sun_….jpg; everything before the last slash is the class.
        ListedPicture Entry(string list, int line, string text) =>
            text.StartsWith('/') && classes.TryGetValue(text[..text.LastIndexOf('/')], out int label) ? new($"line {line}", text[1..], label)
                : throw new DataException(list,
                    $"line {line}: expected <class>/<picture> with one of the {classes.Count} classes of ClassName.txt, found '{Excerpt.Of(text)}'.");
    }

    /// <summary>The name without the letter that it is filed under: <c>/a/apartment_building/outdoor</c> is <c>apartment_building/outdoor</c>.</summary>
    static string ShortName(string name) => name.StartsWith('/') && name.Length > 3 && name[2] == '/' ? name[3..] : name;

    /// <summary>The lists come in an archive of their own, which may be unpacked beside the pictures or around them.</summary>
    static string Find(string folder, string file)
    {
        string[] places = [folder, Path.Combine(folder, "Partitions"), Path.Combine(folder, ".."), Path.Combine(folder, "..", "Partitions")];
        return places.Select(p => Path.Combine(p, file)).FirstOrDefault(File.Exists) ?? Path.Combine(folder, file);
    }
}

/// <summary>A text file of one entry a line. Empty lines are passed over.</summary>
internal static class TextList
{
    /// <summary>The longest list, Food101's training part, has less than 2 MB.</summary>
    public const int MaxLength = 64 * 1024 * 1024;

    public static IReadOnlyList<(int Line, string Text)> Read(string file)
    {
        string text = Encoding.UTF8.GetString(OutsideFile.Read(file, MaxLength, (message, inner) => new DataException(file, message, inner))).TrimStart('\uFEFF');
        return [.. text.Split('\n').Select((entry, i) => (i + 1, entry.Trim())).Where(entry => entry.Item2.Length > 0)];
    }

    /// <summary>Reads class names: the position among the lines is the label.</summary>
    public static Dictionary<string, int> ReadClasses(string file)
    {
        var classes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (line, text) in Read(file))
        {
            if (!classes.TryAdd(text, classes.Count)) throw new DataException(file, $"line {line}: the class '{text}' is listed twice; list every class once.");
        }
        return classes.Count > 0 ? classes : throw new DataException(file, "expected a class name a line, found none.");
    }
}
