using System.Text.RegularExpressions;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// Finds the files of each part of a data set by their names: a name's words say the part (<c>ARC-Challenge-Dev.jsonl</c>, <c>train_rand_split.jsonl</c>,
/// <c>test-00000-of-00001.parquet</c>).
/// </summary>
internal static partial class PartFiles
{
    /// <summary>The files of each part that a folder holds, in the order in which they are read.</summary>
    /// <param name="folder">The folder. Hidden files and sub-folders are passed over.</param>
    /// <param name="extensions">The extensions of the files to find.</param>
    /// <param name="words">The words that stand for each part.</param>
    /// <exception cref="DataException">A name says two parts, or several files are one part without being the shards of one table.</exception>
    public static IReadOnlyDictionary<TPart, IReadOnlyList<string>> In<TPart>(string folder, IReadOnlyCollection<string> extensions, IReadOnlyDictionary<string,
        TPart> words) where TPart : struct, Enum
    {
        var found = from file in Directory.EnumerateFiles(folder)
                    let name = Path.GetFileName(file)
                    where !name.StartsWith('.') && extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase)
                    let part = PartOf(file, words)
                    where part is not null
                    group file by part.Value;
        return found.ToDictionary(g => g.Key, g => Checked(folder, g.Key, [.. g.Order(StringComparer.Ordinal)]));
    }

    static TPart? PartOf<TPart>(string file, IReadOnlyDictionary<string, TPart> words) where TPart : struct, Enum
    {
        TPart[] parts = [.. Word().Matches(Path.GetFileNameWithoutExtension(file).ToLowerInvariant()).Where(m => words.ContainsKey(m.Value))
            .Select(m => words[m.Value]).Distinct()];
        return parts.Length switch
        {
            0 => null,
            1 => parts[0],
            _ => throw new DataException(file, $"expected one part in the file's name, found {string.Join(" and ", parts)}; rename the file."),
        };
    }

    /// <summary>Several files are one part only where they are the numbered shards of one table.</summary>
    static IReadOnlyList<string> Checked<TPart>(string folder, TPart part, string[] files) where TPart : struct, Enum
    {
        Match[] shards = [.. files.Select(f => Shard().Match(Path.GetFileName(f)))];
        bool whole = shards.All(s => s.Success) && shards.Select(s => s.Groups["table"].Value).Distinct().Count() == 1
            && shards.Select((s, i) => int.TryParse(s.Groups["number"].Value, out int number) && number == i
                && int.TryParse(s.Groups["count"].Value, out int count) && count == files.Length).All(right => right);
        if (whole || files.Length == 1 && !shards[0].Success) return files;
        throw new DataException(folder,
            $"{part}: expected one file, or every shard (-00000-of-0000N) of one table, found {string.Join(", ", files.Take(5).Select(Path.GetFileName))}{(files.Length > 5 ? ", …" : "")}; "
            + "move other files out of the folder or complete the shards.");
    }

    [GeneratedRegex("[a-z]+", RegexOptions.CultureInvariant)]
    private static partial Regex Word();

    [GeneratedRegex(@"^(?<table>.*)-(?<number>[0-9]{5})-of-(?<count>[0-9]{5})\.[A-Za-z]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Shard();
}
