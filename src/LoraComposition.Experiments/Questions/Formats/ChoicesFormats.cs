using System.Globalization;
using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>The row that ARC and CommonsenseQA share: labelled choices and the label of the right one, which may be missing.</summary>
internal static class ChoicesRow
{
    public static RowContent Read(QuestionRow row)
    {
        // The authors' files keep stem and choices inside the question; the hub's have them side by side.
        bool nested = row.Has("question", "stem");
        string question = nested ? row.Text("question", "stem") : row.Text("question");
        var labels = nested ? row.Texts("question", "choices", "label") : row.Texts("choices", "label");
        var texts = nested ? row.Texts("question", "choices", "text") : row.Texts("choices", "text");
        if (labels.Count != texts.Count) throw row.Refused($"expected a text for each of {labels.Count} labels, found {texts.Count} texts.");
        return new RowContent(row.Text("id"), question, [.. labels.Zip(texts, (label, text) => new AnswerOption(label, text))], AnswerIndex(row, labels), null);
    }

    static int? AnswerIndex(QuestionRow row, IReadOnlyList<string> labels)
    {
        string key = row.Has("answerKey") ? row.Text("answerKey") : "";
        if (key.Length == 0) return null;
        int index = labels.ToList().IndexOf(key);
        return index >= 0 ? index
            : throw row.Refused($"'answerKey': expected the label of an option ({Excerpt.Of(string.Join(", ", labels))}), found '{Excerpt.Of(key)}'.");
    }
}

/// <summary>
/// ARC, Challenge and Easy (Clark and others, 2018, "Think you have Solved Question Answering?"): science questions with three to five options, labelled A, B,
/// C … or 1, 2, 3 ….
/// </summary>
/// <remarks>
/// Files: <c>ARC-Challenge-Train.jsonl</c>, <c>-Dev</c>, <c>-Test</c>, or the hub's <c>train-00000-of-00001.parquet</c> and so on. Give the folder of one of
/// the two sets.
/// </remarks>
public sealed class ArcFormat : QuestionFormat
{
    /// <summary>Creates the format.</summary>
    public ArcFormat() : base("ARC", CrossFitTemplates.Arc) { }

    private protected override RowContent Read(QuestionRow row, int number) => ChoicesRow.Read(row);
}

/// <summary>CommonsenseQA (Talmor and others, 2019): questions with five options. The answers of its test part are hidden.</summary>
/// <remarks>Files: <c>train_rand_split.jsonl</c>, <c>dev_rand_split.jsonl</c>, <c>test_rand_split_no_answers.jsonl</c>, or the hub's Parquet files.</remarks>
public sealed class CommonsenseQaFormat : QuestionFormat
{
    /// <summary>Creates the format.</summary>
    public CommonsenseQaFormat() : base("CommonsenseQA", CrossFitTemplates.CommonsenseQa) { }

    private protected override RowContent Read(QuestionRow row, int number) => ChoicesRow.Read(row);
}

/// <summary>QuAIL (Rogers and others, 2020): questions about a text, with four options. The challenge part counts as the test part.</summary>
/// <remarks>
/// Files: <c>train.jsonl</c>, <c>dev.jsonl</c>, <c>challenge.jsonl</c>, or the hub's Parquet files. In some releases of the dev part the answer is always the
/// first or the last option: look at the positions, and set <see cref="QuestionFormat.ShuffleSeed"/> where that is so.
/// </remarks>
public sealed class QuailFormat : QuestionFormat
{
    /// <summary>Creates the format.</summary>
    public QuailFormat() : base("QuAIL", CrossFitTemplates.Quail) { }

    private protected override IReadOnlyDictionary<string, QuestionPart> PartWords { get; } = new Dictionary<string, QuestionPart>
    {
        ["train"] = QuestionPart.Train,
        ["dev"] = QuestionPart.Validation,
        ["valid"] = QuestionPart.Validation,
        ["validation"] = QuestionPart.Validation,
        ["challenge"] = QuestionPart.Test,
        ["test"] = QuestionPart.Test,
    };

    private protected override RowContent Read(QuestionRow row, int number)
    {
        var texts = row.Texts("answers");
        int answer = row.Integer("correct_answer_id");
        if (answer >= texts.Count)
            throw row.Refused(string.Create(CultureInfo.InvariantCulture, $"'correct_answer_id': expected a position from 0 to {texts.Count - 1}, found {answer}."));
        return new RowContent(row.Text("id"), row.Text("question"), RowContent.Lettered(texts), answer, row.Has("context") ? row.Text("context") : null);
    }
}

/// <summary>
/// SciQ (Welbl, Liu and Gardner, 2017): science questions with one answer, three distractors and a supporting text. Rows without support are
/// skipped. The file gives the options no order, so they are always shuffled: by seed 0 where <see cref="QuestionFormat.ShuffleSeed"/> is null.
/// </summary>
/// <remarks>
/// Files: <c>train.json</c>, <c>valid.json</c>, <c>test.json</c>, or the hub's Parquet files. The rows have no ids: a question is called by the number of its
/// row.
/// </remarks>
public sealed class SciQFormat : QuestionFormat
{
    /// <summary>Creates the format.</summary>
    public SciQFormat() : base("SciQ", CrossFitTemplates.SciQ) { }

    private protected override int? OptionSeed => ShuffleSeed ?? 0;

    private protected override bool NeedsContext => true;

    private protected override RowContent Read(QuestionRow row, int number)
    {
        string[] texts = [row.Text("correct_answer"), row.Text("distractor1"), row.Text("distractor2"), row.Text("distractor3")];
        return new RowContent($"row-{number}", row.Text("question"), RowContent.Lettered(texts), 0, row.Has("support") ? row.Text("support") : null);
    }
}
