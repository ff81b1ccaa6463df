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
        return index >= 0 ? index : throw row.Refused($"'answerKey': expected the label of an option ({Excerpt.Of(string.Join(", ", labels))}), found '{Excerpt.Of(key)}'.");
    }
}
