using System.Globalization;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>One's own texts from a file: with a label each (<c>text</c>, <c>label</c>), or questions with choices (<c>question</c>, <c>choices</c>, <c>answer</c>, perhaps <c>context</c>).</summary>
/// <param name="Questions">The texts as questions; of texts with labels the choices are the labels, in ordinal order.</param>
/// <param name="Template">How they are written for a model.</param>
public sealed record OwnTexts(QuestionDataset Questions, IPromptTemplate Template)
{
    const int MostNames = 8;
    const string Schema = "'text' and 'label', or 'question', 'choices' and 'answer'";

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
    /// <returns>The texts, complete in memory.</returns>
    /// <exception cref="DataException">The file is missing or damaged, has neither form, one label alone, or another than those given; the message names its line.</exception>
    public static OwnTexts Open(string file, IReadOnlyList<string>? labels = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        return Of(file, Rows(file), labels);
    }

    /// <summary>Reads rows that were taken from a file.</summary>
    /// <exception cref="DataException">As of <see cref="Open"/>.</exception>
    internal static OwnTexts Of(string file, QuestionRow[] rows, IReadOnlyList<string>? labels)
    {
        string name = Path.GetFileNameWithoutExtension(file);
        if (rows[0].Has("label")) return new(Gather(name, file, rows, Labelled(labels ?? Several(file, LabelsOf(rows)))), OwnTextTemplates.Classification);
        if (rows[0].Has("choices")) return new(Gather(name, file, rows, MultipleChoice), OwnTextTemplates.MultipleChoice);
        throw rows[0].Refused($"expected {Schema}, found neither.");
    }

    static QuestionDataset Gather(string name, string file, QuestionRow[] rows, Func<QuestionRow, int, RowContent> read)
    {
        var collector = new QuestionCollector(needsContext: false);
        foreach (var row in rows) collector.Add(row, read(row, collector.NextNumber));
        if (collector.Questions.Count == 0) throw new DataException(file, $"expected at least one text, found none ({collector.Skipped.Total} rows are empty).");
        return new QuestionDataset(name, collector.Questions, collector.Skipped);
    }

    /// <summary>The labels of rows in ordinal order; none where they are questions with choices.</summary>
    /// <exception cref="DataException">A row has no label, or one that is no text and no number.</exception>
    internal static IReadOnlyList<string> LabelsIn(QuestionRow[] rows) => rows[0].Has("label") ? LabelsOf(rows) : [];

    /// <summary>The rows of a file, at least one.</summary>
    /// <exception cref="DataException">The file is missing or damaged, or has none.</exception>
    internal static QuestionRow[] Rows(string file)
    {
        bool csv = Path.GetExtension(file).Equals(".csv", StringComparison.OrdinalIgnoreCase);
        QuestionRow[] rows = [.. csv ? CsvRows.Read(file) : JsonRows.Read(file, mayHaveMark: true)];
        return rows.Length > 0 ? rows : throw new DataException(file, "expected at least one row, found none.");
    }

    static string[] LabelsOf(QuestionRow[] rows) => [.. rows.Select(Label).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    static string[] Several(string file, string[] labels) => labels.Length > 1 ? labels : throw new DataException(file, $"expected at least 2 labels, found '{labels[0]}' alone.");

    static Func<QuestionRow, int, RowContent> Labelled(IReadOnlyList<string> labels)
    {
        AnswerOption[] options = [.. labels.Select((label, i) => AnswerOption.Lettered(i, label))];
        return (row, number) => new RowContent($"{number}", row.Text("text"), options, Position(row), null);

        int Position(QuestionRow row)
        {
            string label = Label(row);
            return labels.Index().Where(known => known.Item == label).Select(known => (int?)known.Index).FirstOrDefault()
                ?? throw row.Refused($"expected one of the labels {NameList(labels)}, found '{label}'.");
        }
    }

    static string NameList(IReadOnlyList<string> labels) => $"{string.Join(", ", labels.Take(MostNames).Select(label => $"'{label}'"))}{(labels.Count > MostNames ? " …" : "")}";

    static RowContent MultipleChoice(QuestionRow row, int number) => Unanswered(row, number) with { AnswerIndex = Answer(row, row.Texts("choices")) };

    /// <summary>A question with its choices, whatever its answer.</summary>
    internal static RowContent Unanswered(QuestionRow row, int number) => new($"{number}", row.Text("question"),
        [.. row.Texts("choices").Select((choice, i) => AnswerOption.Lettered(i, choice))], null, row.Has("context") ? row.Text("context") : null);

    static int Answer(QuestionRow row, IReadOnlyList<string> choices)
    {
        string answer = Scalar(row, "answer");
        for (int i = 0; i < choices.Count; i++) if (choices[i] == answer) return i;
        for (int i = 0; i < choices.Count; i++) if (string.Equals(AnswerOption.Lettered(i, choices[i]).Label, answer, StringComparison.OrdinalIgnoreCase)) return i;
        return int.TryParse(answer, NumberStyles.None, CultureInfo.InvariantCulture, out int position) && position < choices.Count ? position
            : throw row.Refused($"expected 'answer' to be one of the {choices.Count} choices, its letter or its position from 0, found '{answer}'.");
    }

    static string Label(QuestionRow row) => Scalar(row, "label");

    /// <summary>A text, or a whole number as text.</summary>
    static string Scalar(QuestionRow row, string name)
    {
        if (!row.Has(name)) throw row.Refused($"expected '{name}', found none.");
        try
        {
            return row.Text(name);
        }
        catch (DataException) when (row is JsonRow)
        {
            return row.Integer(name).ToString(CultureInfo.InvariantCulture);
        }
    }
}
