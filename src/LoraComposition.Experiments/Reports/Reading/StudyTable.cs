namespace LoraComposition.Experiments;

/// <summary>A table that a study wrote beside its runs, over something else than K: the number of modules, the rank, the downstream labels.</summary>
/// <param name="Name">The file's name without its extension, for example <c>split-size-k5</c>.</param>
abstract record StudyTable(string Name)
{
    /// <summary>Reads those in a folder by the order of their names: the CSV files that begin as such tables do. Others are passed over.</summary>
    /// <exception cref="RunFileException">Such a file is damaged.</exception>
    public static IReadOnlyList<StudyTable> ReadAll(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.csv").Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal).Select(TryRead).OfType<StudyTable>()];

    static StudyTable? TryRead(string path)
    {
        if (CsvFile.FirstLine(path) is not { } header) return null;
        string name = Path.GetFileNameWithoutExtension(path);
        return SubsetTableCsv.IsHeader(header) ? new SubsetStudyTable(name, SubsetTable.ReadCsv(path)) : ScoreTableCsv.IsHeader(header) ? new ScoreStudyTable(name, ScoreTable.ReadCsv(path)) : null;
    }
}

/// <summary>Scores by two settings.</summary>
sealed record ScoreStudyTable(string Name, ScoreTable Table) : StudyTable(Name);

/// <summary>Scores of subsets of the modules.</summary>
sealed record SubsetStudyTable(string Name, SubsetTable Table) : StudyTable(Name);
