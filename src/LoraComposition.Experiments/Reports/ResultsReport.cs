using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>
/// Shows the results of experiments as one page, and its figures and tables as files: the tables of the paper's layout, the score over K, the gain with one
/// sample, the learned weights, and how to repeat it all.
/// </summary>
/// <remarks>Immutable. The same results give the same bytes.</remarks>
public sealed class ResultsReport
{
    readonly string title;
    readonly ExperimentContents[] experiments;
    readonly ReportTable? ranking;

    ResultsReport(string title, ExperimentContents[] experiments)
    {
        (this.title, this.experiments) = (title, experiments);
        ranking = MethodRanking.Of([.. experiments.Select(contents => contents.Experiment)]);
    }

    /// <summary>The names of the experiments, in the order of the page.</summary>
    public IReadOnlyList<string> Experiments => [.. experiments.Select(e => e.Experiment.Name)];

    /// <summary>The number of runs of all experiments.</summary>
    public int RunCount => experiments.Sum(e => e.Experiment.Runs.Count);

    /// <summary>Reads folders of results.</summary>
    /// <param name="folders">
    /// Folders that experiment programs wrote, at least one. Every folder in them that holds <c>runs/*.json</c> or <c>matrices/*.json</c>
    /// (<see cref="LayerMatrix"/>) is an
    /// experiment, and every one with the tables of a study (<see cref="ScoreTable.WriteCsv"/>, <see cref="SubsetTable.WriteCsv"/>); <c>grid.csv</c> and
    /// <c>command.txt</c> and <c>data.txt</c> beside are read too. A folder's search (<c>grid</c>) is not shown as results.
    /// </param>
    /// <param name="title">The page's title.</param>
    /// <param name="runs">Experiments in these folders whose results are at hand; only what is not is read.</param>
    /// <param name="matrices">Matrices in these folders that are at hand, as <see cref="LayerMatrixFiles"/> was given them.</param>
    /// <returns>The report.</returns>
    /// <exception cref="ArgumentException">There is no folder.</exception>
    /// <exception cref="RunFileException">A folder is missing or holds no results, or a file is damaged; the message names it.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static ResultsReport Read(IReadOnlyList<string> folders, string title = "Few-shot results",
        IReadOnlyList<ExperimentResults>? runs = null, IReadOnlyList<(LayerMatrix Matrix, string PathWithoutExtension)>? matrices = null)
    {
        ArgumentNullException.ThrowIfNull(folders);
        ArgumentException.ThrowIfNullOrWhiteSpace(title);
        if (folders.Count == 0) throw new ArgumentException("Expected at least one folder of results.", nameof(folders));
        return new ResultsReport(title, [.. new ResultFolders(runs ?? [], matrices ?? []).Read(folders).Select(e => new ExperimentContents(e))]);
    }

    /// <summary>The page: one HTML document without scripts that loads nothing.</summary>
    /// <returns>The HTML.</returns>
    public string ToHtml() => ReportPage.Render(title, experiments, ranking);

    /// <summary>Writes the page, whole or not at all.</summary>
    /// <param name="path">The file, replaced where it is there; its folder is created where it is missing.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SavePage(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string page = ToHtml();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, page);
    }

    /// <summary>Writes every figure as <c>.svg</c> and <c>.png</c>, in a sub-folder for each experiment, for example <c>01-label-shift/accuracy.svg</c>.</summary>
    /// <param name="folder">The folder; other files in it are left.</param>
    /// <param name="cancellation">Stops between two figures; the folder is then as it was.</param>
    /// <returns>The number of figures.</returns>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public int SaveFigures(string folder, CancellationToken cancellation = default) => Save(folder, contents => contents.Figures, (figure, path) =>
    {
        AtomicFile.Write(path + ".svg", figure.Svg());
        AtomicFile.Write(path + ".png", figure.Png());
    }, figure => figure.Name, cancellation);

    /// <summary>
    /// Writes every table as <c>.csv</c>, with all digits, and <c>.tex</c>, a plain <c>tabular</c>, in a sub-folder for each experiment; that of the methods over all
    /// experiments beside them.
    /// </summary>
    /// <param name="folder">The folder; other files in it are left.</param>
    /// <param name="cancellation">Stops between two tables; the folder is then as it was.</param>
    /// <returns>The number of tables.</returns>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public int SaveTables(string folder, CancellationToken cancellation = default) => Save(folder, contents => contents.AllTables, (table, path) =>
    {
        AtomicFile.Write(path + ".csv", table.Csv);
        AtomicFile.Write(path + ".tex", LatexTable.Of(table));
    }, table => table.Name, cancellation, ranking is null ? [] : [ranking]);

    int Save<T>(string folder, Func<ExperimentContents, IEnumerable<T>> items, Action<T, string> write, Func<T, string> name, CancellationToken cancellation,
        IReadOnlyList<T>? beside = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        int count = 0;
        StagedFolder.Write(folder, staging =>
        {
            foreach (var item in beside ?? [])
            {
                write(item, Path.Combine(staging, FileStem.Of(name(item))));
                count++;
            }
            for (int i = 0; i < experiments.Length; i++)
            {
                string place = Path.Combine(staging, FileStem.Of(FormattableString.Invariant($"{i + 1:D2}-{experiments[i].Experiment.Name}")));
                Directory.CreateDirectory(place);
                foreach (var item in items(experiments[i]))
                {
                    cancellation.ThrowIfCancellationRequested();
                    write(item, Path.Combine(place, FileStem.Of(name(item))));
                    count++;
                }
            }
        });
        return count;
    }
}
