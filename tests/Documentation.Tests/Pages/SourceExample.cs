using System.Net;

namespace Documentation.Tests.Pages;

/// <summary>The code of an <c>&lt;example&gt;</c> in the documentation of a source.</summary>
/// <param name="File">The source.</param>
/// <param name="Line">The line where the code's element begins, from 1.</param>
/// <param name="Code">The code as a reader sees it.</param>
internal sealed record SourceExample(string File, int Line, string Code)
{
    const string Mark = "///", Start = "<code>", End = "</code>";

    public string Place => $"{File}:{Line}";

    /// <summary>Those of all packages.</summary>
    public static IReadOnlyList<SourceExample> All { get; } =
        [.. Directory.EnumerateFiles(Repository.At("src"), "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).SelectMany(file => In(file, System.IO.File.ReadAllLines(file)))];

    public static IEnumerable<SourceExample> In(string file, IReadOnlyList<string> lines)
    {
        for (int i = 0; i < lines.Count; i++)
        {
            if (Documentation(lines[i]) != Start) continue;
            string[] code = [.. lines.Skip(i + 1).Select(Documentation).TakeWhile(line => line is not null && line != End).Select(line => WebUtility.HtmlDecode(line)!)];
            yield return new(file, i + 1, string.Join('\n', code));
            i += code.Length;
        }
    }

    /// <summary>What a line of documentation says; null where it is none.</summary>
    static string? Documentation(string line)
    {
        string text = line.TrimStart();
        return !text.StartsWith(Mark, StringComparison.Ordinal) ? null : text.Length > Mark.Length ? text[(Mark.Length + 1)..] : "";
    }
}
