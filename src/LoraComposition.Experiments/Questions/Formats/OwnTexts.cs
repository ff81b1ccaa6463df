using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>One's own texts from a file: with a label each (<c>text</c>, <c>label</c>), or questions with choices (<c>question</c>, <c>choices</c>, <c>answer</c>, perhaps <c>context</c>).</summary>
/// <param name="Questions">The texts as questions; of texts with labels the choices are the labels, in ordinal order.</param>
/// <param name="Template">How they are written for a model.</param>
public sealed record OwnTexts(QuestionDataset Questions, IPromptTemplate Template)
{
    /// <summary>The extensions of the files that are read.</summary>
    internal static IReadOnlyList<string> Extensions { get; } = [".jsonl", ".json", ".csv"];

    /// <summary>Whether a path is that of such a file, by its extension.</summary>
    /// <param name="path">The path.</param>
    /// <returns>True for <c>.jsonl</c>, <c>.json</c> and <c>.csv</c>.</returns>
    public static bool IsFile(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase) && !Directory.Exists(path);

    /// <summary>Reads a file.</summary>
    /// <param name="file">
    /// JSON lines or a JSON list of objects, or CSV with a header. <c>label</c> is a text or a number. <c>choices</c> is a list, in CSV a text with <c>|</c> between
    /// the choices; <c>answer</c> is the text of the right one, its letter, or its position from 0.
    /// </param>
    /// <param name="labels">The labels that texts may have, in this order; those of the file in ordinal order where not given. Passed over for questions with choices.</param>
    /// <param name="skipDamaged">Whether rows that cannot be used are left out, as <see cref="QuestionDataset.Skipped"/> says; otherwise they are refused together. Default
    /// false.</param>
    /// <returns>The texts, complete in memory.</returns>
    /// <exception cref="DataException">The file is missing or damaged, has neither form, one label alone, or another than those given; the message names its line.</exception>
    /// <exception cref="DamagedRowsException">That is so of several rows; all of them were looked for.</exception>
    public static OwnTexts Open(string file, IReadOnlyList<string>? labels = null, bool skipDamaged = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        var faults = new RowFaults(file, skipDamaged);
        var rows = OwnTextRows.Read(file, PartOf(QuestionPart.Train), faults);
        faults.Alone(rows.Count, file, labels ?? rows.Labels);
        var questions = rows.Questions(labels ?? rows.Labels);
        faults.Refuse(questions?.Count ?? 0);
        return new(questions!, rows.Template!);
    }

    /// <summary>What a part is called where samples are told of.</summary>
    internal static string PartOf(QuestionPart part) => part.ToString().ToLowerInvariant();
}
