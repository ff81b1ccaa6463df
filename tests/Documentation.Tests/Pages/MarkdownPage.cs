using System.Text.RegularExpressions;

namespace Documentation.Tests.Pages;

/// <summary>A Markdown page taken apart into its code blocks, its headings' anchors and its links.</summary>
internal sealed partial class MarkdownPage
{
    const string Fence = "```";

    MarkdownPage(string path, IReadOnlyList<CodeBlock> blocks, IReadOnlyList<(int Line, string Text)> prose)
    {
        (Path, Blocks, Prose) = (path, blocks, prose);
        Anchors = AnchorsOf(prose.Where(line => Heading().IsMatch(line.Text)).Select(line => Heading().Match(line.Text).Groups[1].Value)).ToHashSet();
    }

    /// <summary>The page's path in the repository.</summary>
    public string Path { get; }

    public IReadOnlyList<CodeBlock> Blocks { get; }

    /// <summary>The lines that are in no code block, with their numbers from 1.</summary>
    public IReadOnlyList<(int Line, string Text)> Prose { get; }

    /// <summary>What stands after <c>#</c> in a link to one of the headings.</summary>
    public IReadOnlySet<string> Anchors { get; }

    /// <summary>The targets of links and images.</summary>
    public IEnumerable<(int Line, string Target)> Links =>
        from line in Prose from link in Link().Matches(InlineCode().Replace(line.Text, "")) select (line.Line, link.Groups[1].Value);

    public static MarkdownPage Read(string path) => Parse(path, File.ReadAllLines(Repository.At(path)));

    public static MarkdownPage Parse(string path, IReadOnlyList<string> lines)
    {
        var blocks = new List<CodeBlock>();
        var prose = new List<(int, string)>();
        string? needs = null;
        for (int i = 0; i < lines.Count; i++)
        {
            if (!lines[i].TrimStart().StartsWith(Fence, StringComparison.Ordinal))
            {
                prose.Add((i + 1, lines[i]));
                if (lines[i].Trim().Length > 0) needs = Needs().Match(lines[i]) is { Success: true } mark ? mark.Groups[1].Value : null;
                continue;
            }
            int start = i, indent = lines[i].IndexOf(Fence, StringComparison.Ordinal);
            while (++i < lines.Count && lines[i].Trim() != Fence) { }
            if (i == lines.Count) throw new InvalidDataException($"{path}:{start + 1}: the code block has no end.");
            var content = lines.Skip(start + 1).Take(i - start - 1).Select(line => line.Length >= indent ? line[indent..] : line.TrimStart());
            blocks.Add(new CodeBlock(path, start + 1, lines[start].Trim()[Fence.Length..].Trim(), needs, [.. content]));
            needs = null;
        }
        return new MarkdownPage(path, blocks, prose);
    }

    // As GitHub and docfx make them: lower case, no punctuation, a hyphen for each space, a number where one occurs again.
    static IEnumerable<string> AnchorsOf(IEnumerable<string> headings)
    {
        var seen = new Dictionary<string, int>();
        foreach (string heading in headings)
        {
            string text = Link().Replace(heading, match => match.Value[(match.Value.IndexOf('[') + 1)..match.Value.LastIndexOf(']')]);
            string anchor = new([.. text.Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_').Select(c => c == ' ' ? '-' : c)]);
            int count = seen[anchor] = seen.GetValueOrDefault(anchor, -1) + 1;
            yield return count == 0 ? anchor : $"{anchor}-{count}";
        }
    }

    [GeneratedRegex(@"^#{1,6}\s+(.*?)\s*#*$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"!?\[[^\]]*\]\(\s*([^)\s]+)[^)]*\)")]
    private static partial Regex Link();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"^\s*<!-- needs: (\w+) -->\s*$")]
    private static partial Regex Needs();
}
