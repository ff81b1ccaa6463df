using System.Globalization;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

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
        if (answer >= texts.Count) throw row.Refused(string.Create(CultureInfo.InvariantCulture, $"'correct_answer_id': expected a position from 0 to {texts.Count - 1}, found {answer}."));
        return new RowContent(row.Text("id"), row.Text("question"), RowContent.Lettered(texts), answer, row.Has("context") ? row.Text("context") : null);
    }
}
