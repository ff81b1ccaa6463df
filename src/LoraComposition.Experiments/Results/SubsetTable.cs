using System.Text;
using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>The scores of compositions of some of the modules, by their number (Fig. 5 of arXiv:2402.15414).</summary>
/// <remarks>Immutable.</remarks>
public sealed class SubsetTable
{
    /// <summary>Gathers the scores.</summary>
    /// <param name="subsets">The compositions, at least one, each of at least one module; no set of modules occurs twice.</param>
    /// <exception cref="ArgumentException">There is no composition, one has no module, or one occurs twice.</exception>
    public SubsetTable(IReadOnlyList<SubsetScore> subsets)
    {
        ArgumentNullException.ThrowIfNull(subsets);
        if (subsets.Count == 0) throw new ArgumentException("There are no subsets.", nameof(subsets));
        if (subsets.Any(subset => subset.Modules.Count == 0)) throw new ArgumentException("A subset holds no module.", nameof(subsets));
        if (subsets.GroupBy(subset => string.Join('\n', subset.Modules.Order(StringComparer.Ordinal)), StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"The subset '{twice.First().Name}' occurs twice.", nameof(subsets));
        Sizes = [.. subsets.GroupBy(subset => subset.Modules.Count).OrderBy(size => size.Key).Select(size => new SubsetSize(size.Key, [.. size]))];
    }

    /// <summary>The numbers of modules, ascending, each with its subsets in the order given.</summary>
    public IReadOnlyList<SubsetSize> Sizes { get; }

    /// <summary>Methods without modules to compare with. Default none.</summary>
    public IReadOnlyList<(string Name, ScoreStatistics Score)> References { get; init; } = [];

    /// <summary>All subsets, the smallest first.</summary>
    public IEnumerable<SubsetScore> Subsets => Sizes.SelectMany(size => size.Subsets);

    /// <summary>A table in Markdown: mean, least and largest mean score in percent for each number of modules.</summary>
    /// <returns>The lines, each ended by LF.</returns>
    public string ToMarkdown() => MarkdownTable.Of(["modules", "subsets", "mean", "min", "max"], Sizes.Select(size =>
        (string[])[$"{size.Modules}", $"{size.Subsets.Count}", SummaryGrid.Percent(size.Mean), SummaryGrid.Percent(size.Least), SummaryGrid.Percent(size.Most)]));

    /// <summary>Writes a line for each subset as CSV, whole or not at all: <c>subset,n,mean,std,runs</c>, and for each reference, with n = 0; scores as fractions with ten digits, lines ended by LF.</summary>
    /// <param name="path">The file; its folder is created where it is missing.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WriteCsv(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(SubsetTableCsv.Of(this))));
    }

    /// <summary>Reads a table that <see cref="WriteCsv"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The table, with ten digits of each score.</returns>
    /// <exception cref="RunFileException">The file is missing, too long, or not such a table.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static SubsetTable ReadCsv(string path) => SubsetTableCsv.Read(path);
}
