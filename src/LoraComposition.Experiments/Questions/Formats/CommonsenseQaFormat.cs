using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>CommonsenseQA (Talmor and others, 2019): questions with five options. The answers of its test part are hidden.</summary>
/// <remarks>Files: <c>train_rand_split.jsonl</c>, <c>dev_rand_split.jsonl</c>, <c>test_rand_split_no_answers.jsonl</c>, or the hub's Parquet files.</remarks>
public sealed class CommonsenseQaFormat : QuestionFormat
{
    /// <summary>Creates the format.</summary>
    public CommonsenseQaFormat() : base("CommonsenseQA", CrossFitTemplates.CommonsenseQa) { }

    private protected override RowContent Read(QuestionRow row, int number) => ChoicesRow.Read(row);
}
