using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

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
                : throw new DataException(list, $"line {line}: expected <class>/<picture> with one of the {classes.Count} classes of ClassName.txt, found '{Excerpt.Of(text)}'.");
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
