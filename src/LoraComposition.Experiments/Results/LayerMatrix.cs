using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>
/// Numbers by layer and module, as Figs. 7 and 8 of arXiv:2402.15414 show them: weights, similarities, norms. Kept as <c>matrices/*.json</c> beside an
/// experiment's <c>runs</c>, where reports find it and draw it as a heat map.
/// </summary>
/// <param name="Title">What the numbers are.</param>
/// <param name="Rows">The names of the rows, for example the layers; each once.</param>
/// <param name="Columns">The names of the columns, for example the modules; each once.</param>
/// <param name="Values">For each row one finite number per column.</param>
public sealed record LayerMatrix(string Title, IReadOnlyList<string> Rows, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<double>> Values)
{
    const int MostCells = 20_000, LongestName = 200;

    /// <summary>Reads a matrix that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The JSON file.</param>
    /// <returns>The matrix.</returns>
    /// <exception cref="RunFileException">The file is missing, too long, no JSON, or not such a matrix.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static LayerMatrix Load(string path) => LayerMatrixJson.Read(path);

    /// <summary>Writes the matrix as JSON, whole or not at all; the same matrix gives the same bytes.</summary>
    /// <param name="path">The file; its folder is created where it is missing.</param>
    /// <exception cref="ArgumentException">The matrix cannot be: no row or column, a name twice, a row of another length, a number that is not finite, more than 20,000 numbers.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (Problem() is { } problem) throw new ArgumentException($"The matrix '{Title}': {problem}.");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, stream => LayerMatrixJson.Write(this, stream));
    }

    /// <summary>The first thing that cannot be, in words; <see langword="null"/> where there is none.</summary>
    internal string? Problem()
    {
        if (!IsName(Title)) return $"expected a title of 1 to {LongestName} characters without control characters";
        if (Rows.Count == 0 || Columns.Count == 0) return $"expected at least one row and column, found {Rows.Count} and {Columns.Count}";
        if ((long)Rows.Count * Columns.Count > MostCells) return $"expected at most {MostCells} numbers, found {Rows.Count} rows of {Columns.Count}";
        foreach (var (what, names) in new[] { ("row", Rows), ("column", Columns) })
        {
            if (!names.All(IsName)) return $"expected {what} names of 1 to {LongestName} characters without control characters";
            if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice) return $"the {what} '{twice.Key}' occurs twice";
        }
        if (Values.Count != Rows.Count) return $"expected values for {Rows.Count} rows, found {Values.Count}";
        for (int row = 0; row < Rows.Count; row++)
        {
            if (Values[row]?.Count != Columns.Count) return $"row '{Rows[row]}': expected {Columns.Count} values, found {Values[row]?.Count ?? 0}";
            if (!Values[row].All(double.IsFinite)) return $"row '{Rows[row]}': expected finite values";
        }
        return null;
    }

    static bool IsName(string? name) => !string.IsNullOrWhiteSpace(name) && name.Length <= LongestName && !name.Any(char.IsControl);
}
