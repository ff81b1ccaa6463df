using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>ARC, Challenge and Easy (Clark and others, 2018, "Think you have Solved Question Answering?"): science questions with three to five options, labelled A, B, C … or 1, 2, 3 ….</summary>
/// <remarks>Files: <c>ARC-Challenge-Train.jsonl</c>, <c>-Dev</c>, <c>-Test</c>, or the hub's <c>train-00000-of-00001.parquet</c> and so on. Give the folder of one of the two sets.</remarks>
public sealed class ArcFormat : QuestionFormat
{
    /// <summary>Creates the format.</summary>
    public ArcFormat() : base("ARC", CrossFitTemplates.Arc) { }

    private protected override RowContent Read(QuestionRow row, int number) => ChoicesRow.Read(row);
}
