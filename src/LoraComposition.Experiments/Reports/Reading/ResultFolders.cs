namespace LoraComposition.Experiments;

/// <summary>Finds the experiments in folders of results: every folder that holds <c>runs</c>, <c>matrices</c> or the tables of a study.</summary>
sealed class ResultFolders(IReadOnlyList<ExperimentResults> runsAtHand, IReadOnlyList<(LayerMatrix Matrix, string PathWithoutExtension)> matricesAtHand)
{
    const int LongestName = 200;
    const string Runs = "runs", Matrices = "matrices";

    // A link could lead back up, or out of the folder.
    static readonly EnumerationOptions below = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 8,
        AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Hidden,
        IgnoreInaccessible = false
    };

    readonly Dictionary<string, IReadOnlyList<RunResult>> runsOf = runsAtHand.ToDictionary(results => Path.GetFullPath(results.Folder), results => results.Runs,
        StringComparer.Ordinal);
    readonly Dictionary<string, LayerMatrix> matrixOf = matricesAtHand.ToDictionary(m => Path.GetFullPath($"{m.PathWithoutExtension}.json"), m => m.Matrix,
        StringComparer.Ordinal);

    /// <summary>Reads them all, folder by folder in the order given, sub-folders in ordinal order.</summary>
    /// <exception cref="RunFileException">A folder is missing or holds no results, or a file in it cannot be used.</exception>
    public IReadOnlyList<ReportExperiment> Read(IReadOnlyList<string> folders)
    {
        var found = new Dictionary<string, ReportExperiment>(StringComparer.Ordinal);
        foreach (string folder in folders)
        {
            if (!Directory.Exists(folder))
                throw new RunFileException(folder, File.Exists(folder) ? "expected a folder of results, found a file." : "there is no such folder.");
            string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
            // The folder of the runs itself stands for the one it lies in.
            if (Path.GetFileName(root) == Runs) root = Path.GetDirectoryName(root)!;
            var experiments = Homes(root).Select(home => (home, experiment: TryRead(root, home))).Where(e => e.experiment is not null).ToArray();
            if (experiments.Length == 0)
                throw new RunFileException(folder,
                    "expected results, that is runs/*.json as the experiment programs write them into --out, or matrices/*.json, here or in a sub-folder; found none.");
            foreach (var (home, experiment) in experiments) found.TryAdd(home, experiment!);
        }
        return [.. found.Values];
    }

    static IEnumerable<string> Homes(string root) => [root, .. Directory.EnumerateDirectories(root, "*", below).Order(StringComparer.Ordinal)];

    ReportExperiment? TryRead(string root, string home)
    {
        string runFolder = Path.Combine(home, Runs);
        var runs = Directory.Exists(runFolder) ? new RunStore(runFolder).LoadAll(runsOf.GetValueOrDefault(runFolder, [])).ToArray() : [];
        var matrices = ReadMatrices(Path.Combine(home, Matrices));
        var studies = StudyTable.ReadAll(home);
        if (runs.Length == 0 && matrices.Length == 0 && studies.Count == 0) return null;
        Check(runFolder, runs);
        return new ReportExperiment
        {
            Name = runs.Length > 0 ? runs[0].Key.Experiment : Path.GetFileName(home),
            Place = Path.Combine(Path.GetFileName(root), Path.GetRelativePath(root, home) is "." ? "" : Path.GetRelativePath(root, home)).Replace('\\', '/'),
            RunFolder = runFolder,
            Runs = runs,
            Summary = ReportExperiment.Summarise(runFolder, runs),
            Matrices = matrices,
            Studies = studies,
            Search = SearchLog.TryRead(Path.Combine(home, "grid.csv")),
            Command = CommandFile.TryRead(Path.Combine(home, CommandFile.Name)),
            DataRemarks = DataRemarksFile.TryRead(Path.Combine(home, DataRemarksFile.Name)),
        };
    }

    LayerMatrix[] ReadMatrices(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.json")
            .Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal)
            .Select(path => matrixOf.TryGetValue(path, out var matrix) ? matrix : LayerMatrix.Load(path))] : [];

    static void Check(string runFolder, RunResult[] runs)
    {
        foreach (var run in runs)
        {
            string path = Path.Combine(runFolder, run.Key.FileName);
            foreach (string name in (string[])[run.Key.Experiment, run.Key.Method])
                if (name.Length > LongestName || name.Any(char.IsControl))
                    throw new RunFileException(path,
                        $"expected a name of at most {LongestName} characters without control characters for the experiment and the method.");
            if (run.Key.Experiment != runs[0].Key.Experiment)
                throw new RunFileException(path,
                    $"expected a run of '{runs[0].Key.Experiment}' like the others in its folder, found one of '{run.Key.Experiment}'. One folder holds the runs of one experiment.");
            ReadableJson.Check(path, run);
        }
    }
}
