using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// SciQ (Welbl, Liu and Gardner, 2017): science questions with one answer, three distractors and a supporting text. Rows without support are
/// skipped. The file gives the options no order, so they are always shuffled: by seed 0 where <see cref="QuestionFormat.ShuffleSeed"/> is null.
/// </summary>
/// <remarks>Files: <c>train.json</c>, <c>valid.json</c>, <c>test.json</c>, or the hub's Parquet files. The rows have no ids: a question is called by the number of its row.</remarks>
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
