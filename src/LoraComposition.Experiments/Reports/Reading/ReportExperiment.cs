using System.Globalization;
using System.Text;
using System.Text.Json;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>What one experiment left in its folder.</summary>
sealed record ReportExperiment
{
    // The paper's order; the results do not say in which order the methods were asked for.
    static readonly string[] order = [new ZeroShot().Name, .. TuningMethods.Vision.Concat(TuningMethods.VisionControls).Concat(TuningMethods.Compositions).Concat(TuningMethods.Rivals).Select(m => m.Name)];

    /// <summary>The experiment's name.</summary>
    public required string Name { get; init; }

    /// <summary>The folder as the page names it: below the folder that was given.</summary>
    public required string Place { get; init; }

    /// <summary>The folder of the runs.</summary>
    public required string RunFolder { get; init; }

    /// <summary>The runs; none where the folder holds only matrices.</summary>
    public required IReadOnlyList<RunResult> Runs { get; init; }

    /// <summary>The main score of the runs.</summary>
    public required Summary Summary { get; init; }

    /// <summary>The matrices beside the runs, by the order of their files.</summary>
    public required IReadOnlyList<LayerMatrix> Matrices { get; init; }

    /// <summary>The tables of a study, by the order of their files.</summary>
    public required IReadOnlyList<StudyTable> Studies { get; init; }

    /// <summary>The lines of the search that chose the settings, the header first; none where there was none.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Search { get; init; }

    /// <summary>The command that repeats it; null where it is not known.</summary>
    public required string? Command { get; init; }

    /// <summary>What is to be known of the data, a line each; none where nothing is.</summary>
    public required IReadOnlyList<string> DataRemarks { get; init; }

    /// <summary>Whether the model writes answers.</summary>
    public bool IsText => Runs.Any(r => r.Scores.ContainsKey("optionAccuracy") || r.Key.Method == order[0]);

    /// <summary>The labels of its plots.</summary>
    public PlotLabels Labels => IsText ? PlotLabels.Text : PlotLabels.Images;

    /// <summary>The untuned method that others are compared with.</summary>
    public string Reference => IsText ? order[0] : new ClassifierTuning().Name;

    /// <summary>The file of a run.</summary>
    public string PathOf(RunResult run) => Path.Combine(RunFolder, run.Key.FileName);

    /// <summary>Summarises a number of some of the runs.</summary>
    public Summary Summarise(IEnumerable<RunResult> runs, Func<RunResult, double>? score = null) => Summarise(RunFolder, runs, score);

    /// <summary>Summarises runs in the paper's order of the methods.</summary>
    /// <exception cref="RunFileException">The runs of a row differ in their trained numbers.</exception>
    public static Summary Summarise(string runFolder, IEnumerable<RunResult> runs, Func<RunResult, double>? score = null)
    {
        try
        {
            return Summary.Of(runs, order, score);
        }
        catch (ArgumentException e)
        {
            // The message without the name of Summary's parameter, which means nothing to the user.
            throw new RunFileException(runFolder, e.ParamName is null ? e.Message
                : e.Message.Replace($" (Parameter '{e.ParamName}')", "", StringComparison.Ordinal), e);
        }
    }
}

/// <summary>A table that a study wrote beside its runs, over something else than K: the number of modules, the rank, the downstream labels.</summary>
/// <param name="Name">The file's name without its extension, for example <c>split-size-k5</c>.</param>
abstract record StudyTable(string Name)
{
    /// <summary>Reads those in a folder by the order of their names: the CSV files that begin as such tables do. Others are passed over.</summary>
    /// <exception cref="RunFileException">Such a file is damaged.</exception>
    public static IReadOnlyList<StudyTable> ReadAll(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.csv").Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal)
            .Select(TryRead).OfType<StudyTable>()];

    static StudyTable? TryRead(string path)
    {
        if (CsvFile.FirstLine(path) is not { } header) return null;
        string name = Path.GetFileNameWithoutExtension(path);
        return SubsetTableCsv.IsHeader(header) ? new SubsetStudyTable(name, SubsetTable.ReadCsv(path)) : ScoreTableCsv.IsHeader(header)
            ? new ScoreStudyTable(name, ScoreTable.ReadCsv(path)) : null;
    }
}

/// <summary>Scores by two settings.</summary>
sealed record ScoreStudyTable(string Name, ScoreTable Table) : StudyTable(Name);

/// <summary>Scores of subsets of the modules.</summary>
sealed record SubsetStudyTable(string Name, SubsetTable Table) : StudyTable(Name);

/// <summary>Reads the log of a search for settings, <c>grid.csv</c>.</summary>
static class SearchLog
{
    const int LongestFile = 1 << 20;
    const string Header = "method,point,validation_accuracy,validation_loss,chosen";
    const int Scores = 5;

    /// <summary>The lines as fields, the header first, of the settings those that vary; none where there is no file.</summary>
    /// <exception cref="RunFileException">The file is no such log.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> TryRead(string path)
    {
        if (!File.Exists(path)) return [];
        string[] lines = Encoding.UTF8.GetString(OutsideFile.Read(path, LongestFile, RunFileException.For(path))).TrimEnd('\n').Split('\n');
        // Those of earlier versions have no settings.
        if (lines[0] != Header && !lines[0].StartsWith($"{Header},", StringComparison.Ordinal)) throw Damaged(path, $"expected a first line that begins {Header}");
        var fields = lines.Select(line => line.Split(',')).ToArray();
        for (int i = 1; i < fields.Length; i++)
            if (fields[i] is not [_, _, var accuracy, var loss, "yes" or "no" or "1" or "0", .. var settings] || fields[i].Length != fields[0].Length
                || !IsNumber(accuracy) || !IsNumber(loss) || !settings.All(setting => setting.Length == 0 || IsNumber(setting)))
                throw Damaged(path, $"line {i + 1}: expected a method, a point, two numbers, 1 or 0, and a number for each setting");
        int[] shown = [.. Enumerable.Range(0, fields[0].Length).Where(column => column < Scores
            || fields.Skip(1).Select(line => line[column]).Distinct().Count() > 1)];
        return [.. fields.Select(line => shown.Select(column => line[column]).ToArray())];
    }

    static bool IsNumber(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    static RunFileException Damaged(string path, string what) => new(path,
        $"expected the log of a search, but it is damaged: {what}. Delete the file to leave it out.");
}

/// <summary>
/// Makes sure that the free parts of a result can be read: their texts are decoded only when they are asked for, too late for a message that names the file.
/// </summary>
static class ReadableJson
{
    /// <summary>Checks the configuration and the details.</summary>
    /// <exception cref="RunFileException">A text escapes half of a surrogate pair, or an object has a name twice.</exception>
    public static void Check(string path, RunResult run)
    {
        try
        {
            Visit(run.Configuration);
            if (run.Details is { } details) Visit(details);
        }
        catch (InvalidOperationException e)
        {
            throw new RunFileException(path, "the configuration or the details hold a text that is no text: it escapes half of a surrogate pair.", e);
        }

        void Visit(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.String) _ = element.GetString();
            if (element.ValueKind == JsonValueKind.Array)
                foreach (var item in element.EnumerateArray()) Visit(item);
            if (element.ValueKind != JsonValueKind.Object) return;
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var member in element.EnumerateObject())
            {
                if (!names.Add(member.Name)) throw new RunFileException(path, "the configuration or the details hold an object that has one name twice.");
                Visit(member.Value);
            }
        }
    }
}
