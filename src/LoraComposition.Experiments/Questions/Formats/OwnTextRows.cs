using System.Globalization;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>The rows of one file of own texts, as far as they can be used; what is wrong with the others is gathered.</summary>
internal sealed class OwnTextRows
{
    const int MostNames = 8;
    const string Schema = "'text' and 'label', or 'question', 'choices' and 'answer'";

    readonly string file;
    readonly string part;
    readonly RowFaults faults;
    readonly List<(int Number, QuestionRow Row)> rows = [];

    OwnTextRows(string file, string part, RowFaults faults) => (this.file, this.part, this.faults) = (file, part, faults);

    /// <summary>The number of rows that can be used so far.</summary>
    public int Count => rows.Count;

    /// <summary>The labels in ordinal order; none where the texts are questions with choices.</summary>
    public IReadOnlyList<string> Labels { get; private set; } = [];

    /// <summary>How the texts are written for a model; null where no row tells.</summary>
    public IPromptTemplate? Template { get; private set; }

    /// <summary>Reads a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="part">The part that it is.</param>
    /// <param name="faults">Is told what is wrong.</param>
    public static OwnTextRows Read(string file, string part, RowFaults faults)
    {
        var read = new OwnTextRows(file, part, faults);
        read.rows.AddRange(faults.TryFile(part, () => NonEmpty(file, Numbered(file, part, faults), faults)));
        read.Sort();
        return read;
    }

    /// <summary>The rows of a file that can be read, each with its number among all, from 1.</summary>
    public static IEnumerable<(int Number, QuestionRow Row)> Numbered(string file, string part, RowFaults faults)
    {
        int number = 0;
        if (Path.GetExtension(file).Equals(".csv", StringComparison.OrdinalIgnoreCase))
        {
            foreach (var row in CsvRows.Read(file, broken => { number++; faults.Add(part, broken); })) yield return (++number, row);
        }
        else
        {
            foreach (var row in JsonRows.Read(file, mayHaveMark: true, parse => { number++; return faults.Try(part, parse); })) yield return (number, row);
        }
    }

    static List<(int, QuestionRow)> NonEmpty(string file, IEnumerable<(int, QuestionRow)> rows, RowFaults faults)
    {
        List<(int, QuestionRow)> all = [.. rows];
        return all.Count > 0 || faults.Of(file).Count > 0 ? all : throw new DataException(file, "expected at least one row, found none.");
    }

    // The first row that tells decides between labels and choices.
    void Sort()
    {
        if (rows.Count == 0) return;
        if (rows.Select(entry => entry.Row).FirstOrDefault(row => row.Has("label") || row.Has("choices")) is not { } telling)
        {
            faults.Try<object>(part, () => throw rows[0].Row.Refused($"expected {Schema}, found neither."));
            rows.Clear();
            return;
        }
        Template = telling.Has("label") ? OwnTextTemplates.Classification : OwnTextTemplates.MultipleChoice;
        if (!telling.Has("label")) return;
        var labels = new HashSet<string>(StringComparer.Ordinal);
        bool IsUseful((int, QuestionRow Row) entry)
        {
            if (faults.Try(part, () => LabelOfText(entry.Row)) is not { } label) return false;
            labels.Add(label);
            return true;
        }

        rows.RemoveAll(entry => !IsUseful(entry));
        Labels = [.. labels.Order(StringComparer.Ordinal)];
    }

    /// <summary>The texts as questions; null where none is left.</summary>
    /// <param name="labels">The labels that texts may have, in this order; passed over for questions with choices.</param>
    public QuestionDataset? Questions(IReadOnlyList<string> labels)
    {
        AnswerOption[] options = [.. labels.Select((label, i) => AnswerOption.Lettered(i, label))];
        var collector = new QuestionCollector(needsContext: false);
        bool labelled = Template == OwnTextTemplates.Classification;
        foreach (var (number, row) in rows)
        {
            faults.Try(part, () =>
            {
                collector.Add(row, labelled ? new RowContent($"{number}", row.Text("text"), options, Position(row, labels), null) : MultipleChoice(row, number));
                return row;
            });
        }
        var damaged = faults.Of(file);
        if (collector.Questions.Count > 0) return new QuestionDataset(Path.GetFileNameWithoutExtension(file), collector.Questions, collector.Skipped with { Damaged = damaged });
        return damaged.Count > 0 ? null : throw new DataException(file, $"expected at least one text, found none ({collector.Skipped.Total} rows are empty).");
    }

    static int Position(QuestionRow row, IReadOnlyList<string> labels)
    {
        string label = Label(row);
        return labels.Index().Where(known => known.Item == label).Select(known => (int?)known.Index).FirstOrDefault()
            ?? throw row.Refused($"expected one of the labels {NameList(labels)}, found '{label}'.");
    }

    static string NameList(IReadOnlyList<string> labels) => $"{string.Join(", ", labels.Take(MostNames).Select(label => $"'{label}'"))}{(labels.Count > MostNames ? " …" : "")}";

    static RowContent MultipleChoice(QuestionRow row, int number) => Unanswered(row, number) with { AnswerIndex = Answer(row, row.Texts("choices")) };

    /// <summary>A question with its choices, whatever its answer.</summary>
    public static RowContent Unanswered(QuestionRow row, int number) => new($"{number}", row.Text("question"),
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

    // The label of a row without a text is none of the data.
    static string LabelOfText(QuestionRow row)
    {
        string label = Label(row);
        row.Text("text");
        return label;
    }

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
