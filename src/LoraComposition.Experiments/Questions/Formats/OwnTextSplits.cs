using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>One's own texts in parts: a file to learn from, or a folder of <c>train</c>, <c>validation</c> and <c>test</c> files of the form of <see cref="OwnTexts"/>.</summary>
/// <param name="Parts">The parts, the training part among them. All have the labels of all.</param>
/// <param name="Template">How they are written for a model.</param>
public sealed record OwnTextSplits(QuestionSplits Parts, IPromptTemplate Template)
{
    static readonly Dictionary<string, QuestionPart> words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["train"] = QuestionPart.Train,
        ["validation"] = QuestionPart.Validation,
        ["valid"] = QuestionPart.Validation,
        ["val"] = QuestionPart.Validation,
        ["dev"] = QuestionPart.Validation,
        ["test"] = QuestionPart.Test,
    };

    /// <summary>Whether a path is that of such a file, or of a folder with such files and no folders in it.</summary>
    /// <param name="path">The path.</param>
    /// <returns>False also where there is nothing.</returns>
    public static bool Is(string path) => OwnTexts.IsFile(path) || Directory.Exists(path) && PartsIn(path).Count > 0 && Directory.GetDirectories(path).Length == 0;

    /// <summary>Reads the file, or the files of a folder.</summary>
    /// <param name="path">The file or the folder.</param>
    /// <param name="skipDamaged">Whether rows that cannot be used are left out, as <see cref="QuestionDataset.Skipped"/> says; otherwise they are refused together. Default
    /// false.</param>
    /// <returns>The parts, complete in memory.</returns>
    /// <exception cref="DataException">There is nothing to learn from, a part is in two files, some have labels and others choices, or a file is damaged.</exception>
    /// <exception cref="DamagedRowsException">Several rows cannot be used; those of all files were looked for.</exception>
    public static OwnTextSplits Open(string path, bool skipDamaged = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
        {
            var alone = OwnTexts.Open(path, labels: null, skipDamaged);
            return new(new QuestionSplits(alone.Questions, null, null), alone.Template);
        }
        var files = PartsIn(path);
        if (files.GroupBy(file => file.Part).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new DataException(path, $"expected one file for the {twice.Key.ToString().ToLowerInvariant()} part, found {string.Join(" and ", twice.Select(file => Path.GetFileName(file.Path)))}.");
        if (files.All(file => file.Part != QuestionPart.Train)) throw new DataException(path, "expected a file called train.jsonl, train.json or train.csv, found none.");
        // A part may lack a label that others have.
        var faults = new RowFaults(path, skipDamaged);
        var rows = files.ToDictionary(file => file.Part, file => OwnTextRows.Read(file.Path, OwnTexts.PartOf(file.Part), faults));
        string[] labels = [.. rows.Values.SelectMany(part => part.Labels).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        faults.Alone(rows.Values.Min(part => part.Count), path, labels);
        var parts = files.ToDictionary(file => file.Part, file => rows[file.Part].Questions(labels));
        faults.Refuse(parts.Values.Min(part => part?.Count ?? 0));
        var template = rows[QuestionPart.Train].Template!;
        if (files.FirstOrDefault(file => rows[file.Part].Template!.Name != template.Name) is { Path: not null } other)
            throw new DataException(other.Path, "expected the form of the training part, labels or choices, found the other.");
        QuestionDataset? Part(QuestionPart part) => parts.GetValueOrDefault(part);
        return new(new QuestionSplits(Part(QuestionPart.Train), Part(QuestionPart.Validation), Part(QuestionPart.Test)), template);
    }

    /// <summary>The file to test on: the test part of a folder, where it has none the validation part, where it has neither the training part; a file itself.</summary>
    /// <param name="path">The file or the folder.</param>
    /// <returns>The file, and which part it is; null for a file that was given itself.</returns>
    /// <exception cref="DataException">The folder holds no such file.</exception>
    public static (string File, QuestionPart? Part) Tested(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path)) return (path, null);
        var files = PartsIn(path);
        if (files.Count == 0) throw new DataException(path, "expected a file called test, validation or train (.jsonl, .json or .csv), found none.");
        var (part, file) = files.MaxBy(file => file.Part);
        return (file, part);
    }

    static List<(QuestionPart Part, string Path)> PartsIn(string folder) => [.. Directory.GetFiles(folder)
        .Where(file => OwnTexts.Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase) && words.ContainsKey(Path.GetFileNameWithoutExtension(file)))
        .Order(StringComparer.Ordinal).Select(file => (words[Path.GetFileNameWithoutExtension(file)], file))];
}
