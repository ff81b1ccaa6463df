using System.Text.RegularExpressions;
using LoraComposition.FewShot.Data;

namespace LoraComposition.FewShot.Text.Questions.Files;

/// <summary>Finds the files of each part of a data set by their names: a name's words say the part (<c>ARC-Challenge-Dev.jsonl</c>, <c>train_rand_split.jsonl</c>, <c>test-00000-of-00001.parquet</c>).</summary>
internal static partial class QuestionFile
{
    private static readonly string[] Extensions = [".json", ".jsonl", ".parquet"];

    /// <summary>The files of each part in the order in which they are read.</summary>
    /// <param name="folder">The folder; where it holds no such file, its sub-folder <c>data</c> is looked into, as data sets lie on the hub.</param>
    /// <param name="words">The words that stand for each part.</param>
    public static IReadOnlyDictionary<QuestionPart, IReadOnlyList<string>> InFolder(string folder, IReadOnlyDictionary<string, QuestionPart> words)
    {
        if (!Directory.Exists(folder)) throw new DataException(folder, "the folder is missing; give the folder that holds the data set's files.");
        try
        {
            var parts = new[] { folder, Path.Combine(folder, "data") }.Where(Directory.Exists).Select(f => Parts(f, words)).FirstOrDefault(p => p.Count > 0);
            return parts ?? throw new DataException(folder, $"expected .json, .jsonl or .parquet files with one of the words {string.Join(", ", words.Keys)} in their names, found none.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(folder, $"the folder cannot be listed: {e.Message}", e);
        }
    }

    public static bool IsParquet(string file) => Path.GetExtension(file).Equals(".parquet", StringComparison.OrdinalIgnoreCase);

    private static Dictionary<QuestionPart, IReadOnlyList<string>> Parts(string folder, IReadOnlyDictionary<string, QuestionPart> words)
    {
        var found = from file in Directory.EnumerateFiles(folder)
                    let name = Path.GetFileName(file)
                    where !name.StartsWith('.') && Extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase)
                    let part = PartOf(file, words)
                    where part is not null
                    group file by part.Value;
        return found.ToDictionary(g => g.Key, g => Checked(folder, g.Key, [.. g.Order(StringComparer.Ordinal)]));
    }

    private static QuestionPart? PartOf(string file, IReadOnlyDictionary<string, QuestionPart> words)
    {
        QuestionPart[] parts = [.. Word().Matches(Path.GetFileNameWithoutExtension(file).ToLowerInvariant()).Where(m => words.ContainsKey(m.Value)).Select(m => words[m.Value]).Distinct()];
        return parts.Length switch
        {
            0 => null,
            1 => parts[0],
            _ => throw new DataException(file, $"expected one part in the file's name, found {string.Join(" and ", parts)}; rename the file."),
        };
    }

    /// <summary>Several files are one part only where they are the numbered shards of one table.</summary>
    private static IReadOnlyList<string> Checked(string folder, QuestionPart part, string[] files)
    {
        Match[] shards = [.. files.Select(f => Shard().Match(Path.GetFileName(f)))];
        bool whole = shards.All(s => s.Success) && shards.Select(s => s.Groups["table"].Value).Distinct().Count() == 1
            && shards.Select((s, i) => int.TryParse(s.Groups["number"].Value, out int number) && number == i && int.TryParse(s.Groups["count"].Value, out int count) && count == files.Length).All(right => right);
        if (whole || files.Length == 1 && !shards[0].Success) return files;
        throw new DataException(folder, $"{part}: expected one file, or every shard (-00000-of-0000N) of one table, found {string.Join(", ", files.Take(5).Select(Path.GetFileName))}{(files.Length > 5 ? ", …" : "")}; "
            + "move other files out of the folder or complete the shards.");
    }

    [GeneratedRegex("[a-z]+", RegexOptions.CultureInvariant)]
    private static partial Regex Word();

    [GeneratedRegex(@"^(?<table>.*)-(?<number>[0-9]{5})-of-(?<count>[0-9]{5})\.[A-Za-z]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Shard();
}
