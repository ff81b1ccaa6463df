using System.Text;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Texts whose labels, and questions whose answers, a model is asked for.</summary>
public static class AskedTexts
{
    const string PlainText = ".txt";

    /// <summary>Reads a file.</summary>
    /// <param name="file">One text a line (<c>.txt</c>), or as <see cref="OwnTexts"/> have it, JSON or CSV: <c>text</c>, or <c>question</c> and <c>choices</c>. What else it says
    /// is passed over.</param>
    /// <param name="labels">The labels of texts without choices; none: such texts are refused.</param>
    /// <returns>The questions in the order of the file; none knows its answer.</returns>
    /// <exception cref="DataException">The file is missing or damaged, or a row says neither; the message names its line.</exception>
    /// <exception cref="DamagedRowsException">That is so of several rows; all of them were looked for.</exception>
    public static IReadOnlyList<MultipleChoiceQuestion> Read(string file, IReadOnlyList<string> labels)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        ArgumentNullException.ThrowIfNull(labels);
        if (Path.GetExtension(file).Equals(PlainText, StringComparison.OrdinalIgnoreCase))
        {
            string[] lines = [.. Encoding.UTF8.GetString(QuestionFileBytes.ReadUtf8(file, mayHaveMark: true)).Split('\n').Select(line => line.TrimEnd('\r'))];
            MultipleChoiceQuestion[] texts = [.. lines.Index().Where(line => !string.IsNullOrWhiteSpace(line.Item)).Select(line => Text(file, $"line {line.Index + 1}", line.Item, line.Index + 1, labels))];
            return texts.Length > 0 ? texts : throw new DataException(file, "expected one text a line, found none.");
        }
        if (!OwnTexts.IsFile(file)) throw new DataException(file, "expected a .txt, .jsonl, .json or .csv file.");
        var faults = new RowFaults(file, skip: false, canSkip: false);
        string part = OwnTexts.PartOf(QuestionPart.Train);
        var rows = faults.TryFile(part, () => OwnTextRows.Numbered(file, part, faults));
        MultipleChoiceQuestion[] questions = [.. rows.Select(entry => faults.Try(part, () => Of(file, entry.Row, entry.Number, labels))).OfType<MultipleChoiceQuestion>()];
        faults.Refuse(questions.Length);
        return questions.Length > 0 ? questions : throw new DataException(file, "expected at least one row, found none.");
    }

    /// <summary>Reads one line: a JSON object with <c>text</c>, or with <c>question</c> and <c>choices</c>; anything else is a text.</summary>
    /// <param name="source">What to call the lines' source in messages.</param>
    /// <param name="number">The number of the line, from 1.</param>
    /// <param name="line">The line.</param>
    /// <param name="labels">The labels of texts without choices; none: such texts are refused.</param>
    /// <returns>The question; it does not know its answer.</returns>
    /// <exception cref="DataException">The line is damaged or empty; the message names it.</exception>
    public static MultipleChoiceQuestion Parse(string source, int number, string line, IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(line);
        ArgumentNullException.ThrowIfNull(labels);
        string place = $"line {number}";
        return line.TrimStart().StartsWith('{') ? Of(source, JsonRows.Parse(source, place, Encoding.UTF8.GetBytes(line)), number, labels) : Text(source, place, line, number, labels);
    }

    static MultipleChoiceQuestion Of(string file, QuestionRow row, int number, IReadOnlyList<string> labels)
    {
        if (!row.Has("choices"))
            return row.Has("text") ? Text(file, row.Place, row.Text("text"), number, labels) : throw row.Refused("expected 'text', or 'question' and 'choices', found neither.");
        var content = OwnTextRows.Unanswered(row, number);
        return MultipleChoiceQuestion.Problem(content.Id, content.Question, content.Options, null) is { } problem ? throw row.Refused(problem)
            : new MultipleChoiceQuestion(content.Id, content.Question, content.Options, null, string.IsNullOrWhiteSpace(content.Context) ? null : content.Context);
    }

    static MultipleChoiceQuestion Text(string file, string place, string text, int number, IReadOnlyList<string> labels)
    {
        if (labels.Count < 2) throw new DataException(file, $"{place}: this is a text without choices, and the model has no labels of its own; give them, or questions with choices.");
        if (string.IsNullOrWhiteSpace(text)) throw new DamagedRowException(file, place, "expected a text, found an empty one.");
        return new MultipleChoiceQuestion($"{number}", text, [.. labels.Select((label, i) => AnswerOption.Lettered(i, label))], null);
    }
}
