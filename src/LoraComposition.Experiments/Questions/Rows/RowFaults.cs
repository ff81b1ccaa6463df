using System.Globalization;
using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>Rows of texts cannot be used, several of them. The message names the first, each in a line.</summary>
public sealed class DamagedRowsException : DataException
{
    const int MostNames = 20;

    internal DamagedRowsException(string path, IReadOnlyList<SkippedSample> rows, bool canBeSkipped) : base(path, Lines(rows, canBeSkipped)) => Rows = rows;

    /// <summary>What is wrong with each, in the order of the files. Damage of a file as a whole has no line.</summary>
    public IReadOnlyList<SkippedSample> Rows { get; }

    static IEnumerable<string> Lines(IReadOnlyList<SkippedSample> rows, bool canBeSkipped)
    {
        yield return $"{rows.Count} rows cannot be used; {(canBeSkipped ? "correct them, or have them left out (--skip-damaged):" : "correct them:")}";
        foreach (var row in rows.Take(MostNames)) yield return $"  {row.Path}: {row.Reason}";
        if (rows.Count > MostNames) yield return $"  and {rows.Count - MostNames} more";
    }
}

/// <summary>A row cannot be used; others of its file may.</summary>
internal sealed class DamagedRowException(string file, string place, string problem, Exception? inner = null) : DataException(file, $"{place}: {problem}", inner)
{
    const int LongestProblem = 400;
    const string Line = "line ";

    /// <summary>The number of the line, by which rows are put in order.</summary>
    public int Number { get; } = place.StartsWith(Line, StringComparison.Ordinal) && int.TryParse(place.AsSpan(Line.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int line) ? line : 0;

    /// <summary>What is wrong, without the place.</summary>
    public string Problem { get; } = Excerpt.Of(problem, LongestProblem);

    /// <summary>The file and the line, without the folder.</summary>
    public string Place { get; } = $"{System.IO.Path.GetFileName(file)}:{(place.StartsWith(Line, StringComparison.Ordinal) ? place[Line.Length..] : place)}";
}

/// <summary>Gathers what is wrong with the rows of one's own files, so that all of it is told at once, or the rows are left out.</summary>
/// <param name="path">The file or the folder.</param>
/// <param name="skip">Whether rows that cannot be used are left out.</param>
/// <param name="canSkip">Whether they could be.</param>
internal sealed class RowFaults(string path, bool skip, bool canSkip = true)
{
    readonly List<(string File, int Number, SkippedSample Row)> rows = [];
    readonly List<Exception> causes = [];
    bool hasBrokenFile;

    /// <summary>Does something with a row; null where the row cannot be used.</summary>
    public T? Try<T>(string part, Func<T> read) where T : class
    {
        try
        {
            return read();
        }
        catch (DamagedRowException e)
        {
            Add(part, e);
            return null;
        }
    }

    /// <summary>Adds a row that cannot be used.</summary>
    public void Add(string part, DamagedRowException row)
    {
        rows.Add((row.Path, row.Number, new SkippedSample(part, row.Place, row.Problem)));
        causes.Add(row);
    }

    /// <summary>Reads a file; nothing where it is damaged as a whole, which cannot be left out.</summary>
    public T[] TryFile<T>(string part, Func<IEnumerable<T>> read)
    {
        try
        {
            return [.. read()];
        }
        catch (DataException e) when (e is not DamagedRowException)
        {
            rows.Add((e.Path, 0, new SkippedSample(part, System.IO.Path.GetFileName(e.Path), e.Reason)));
            causes.Add(e);
            hasBrokenFile = true;
            return [];
        }
    }

    /// <summary>The rows of a file that are left out.</summary>
    public IReadOnlyList<SkippedSample> Of(string file) => [.. rows.Where(row => row.File == file).OrderBy(row => row.Number).Select(row => row.Row)];

    /// <summary>Refuses texts with one label alone, but what is wrong with rows first: another label may be there.</summary>
    /// <exception cref="DataException">That is so.</exception>
    public void Alone(int left, string source, IReadOnlyList<string> labels)
    {
        if (labels.Count != 1) return;
        Refuse(left);
        throw new DataException(source, $"expected at least 2 labels, found '{labels[0]}' alone.");
    }

    /// <summary>Refuses the data where rows cannot be used and are not to be left out, a file is damaged as a whole, or nothing is left.</summary>
    /// <param name="left">The number of rows that are left.</param>
    /// <exception cref="DataException">They are.</exception>
    public void Refuse(int left)
    {
        if (rows.Count == 0 || (skip && !hasBrokenFile && left > 0)) return;
        if (causes.Count == 1) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(causes[0]);
        // One file after the other, whatever was found first.
        throw new DamagedRowsException(path, [.. rows.Select(row => row.File).Distinct().SelectMany(Of)], canSkip && !skip && !hasBrokenFile);
    }
}
