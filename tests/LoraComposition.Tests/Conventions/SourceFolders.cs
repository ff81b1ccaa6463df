using System.Text.RegularExpressions;

namespace LoraComposition.Tests.Conventions;

/// <summary>
/// The folders of a C# tree and which of them uses which: a file uses another where it names a type that only that other file declares and whose namespace it sees.
/// Comments and texts do not count.
/// </summary>
sealed partial class SourceFolders
{
    readonly SortedDictionary<string, SortedDictionary<string, string>> arrows = new(StringComparer.Ordinal);

    SourceFolders(IReadOnlyList<Source> sources, string root)
    {
        var homes = sources.SelectMany(source => Declaration().Matches(source.Code).Select(type => (Name: type.Groups[1].Value, Source: source)))
            .GroupBy(type => type.Name).Where(group => group.DistinctBy(type => type.Source).Count() == 1).ToDictionary(group => group.Key, group => group.First().Source);
        foreach (var user in sources)
        {
            string from = Path.GetRelativePath(root, Path.GetDirectoryName(user.Path)!);
            foreach (string word in Word().Matches(user.Code).Select(match => match.Value).Distinct())
            {
                if (!homes.TryGetValue(word, out var home) || !user.Sees.Contains(home.Namespace)) continue;
                string to = Path.GetRelativePath(root, Path.GetDirectoryName(home.Path)!);
                if (from == to) continue;
                if (!arrows.TryGetValue(from, out var ends)) arrows[from] = ends = new(StringComparer.Ordinal);
                ends.TryAdd(to, $"{Path.GetFileName(user.Path)} names {word}");
            }
        }
    }

    /// <summary>Reads every source below a folder.</summary>
    public static SourceFolders Read(string root) => new(
        [.. Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin")).Order(StringComparer.Ordinal).Select(Source.Read)],
        root);

    /// <summary>The arrows that lie on a circle, each with an example; empty where all arrows go one way.</summary>
    public IReadOnlyList<string> Circles() =>
        [.. from start in arrows from end in start.Value where Reachable(end.Key).Contains(start.Key) select $"{start.Key} -> {end.Key}: {end.Value}"];

    HashSet<string> Reachable(string from)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { from };
        var open = new Stack<string>(seen);
        while (open.TryPop(out string? at))
            foreach (string next in arrows.GetValueOrDefault(at)?.Keys ?? Enumerable.Empty<string>())
                if (seen.Add(next)) open.Push(next);
        return seen;
    }

    sealed record Source(string Path, string Code, string Namespace, HashSet<string> Sees)
    {
        public static Source Read(string path)
        {
            string code = NoCode().Replace(File.ReadAllText(path), " ");
            string own = NamespaceName().Match(code).Groups[1].Value;
            string[] parts = own.Split('.');
            var sees = Enumerable.Range(1, parts.Length).Select(count => string.Join('.', parts.Take(count))).ToHashSet(StringComparer.Ordinal);
            foreach (Match use in Using().Matches(code))
            {
                string named = use.Groups[2].Value;
                sees.Add(use.Groups[1].Success ? named[..Math.Max(0, named.LastIndexOf('.'))] : named);
            }
            return new Source(path, code, own, sees);
        }
    }

    [GeneratedRegex("//[^\\n]*|/\\*.*?\\*/|@\"(?:[^\"]|\"\")*\"|\\$?\"(?:\\\\.|[^\"\\\\\\n])*\"", RegexOptions.Singleline)]
    private static partial Regex NoCode();

    [GeneratedRegex(@"\b(?:class|record struct|record class|record|struct|interface|enum)\s+([A-Z]\w*)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\b[A-Z]\w+\b")]
    private static partial Regex Word();

    [GeneratedRegex(@"^\s*namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceName();

    [GeneratedRegex(@"^\s*(?:global\s+)?using\s+((?:static\s+)|(?:\w+\s*=\s*))?([\w.]+)\s*;", RegexOptions.Multiline)]
    private static partial Regex Using();
}
