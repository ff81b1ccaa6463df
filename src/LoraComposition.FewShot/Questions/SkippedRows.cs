namespace LoraComposition.FewShot;

/// <summary>Rows of a file that became no question. Report them with the result.</summary>
/// <param name="WithoutContext">Rows without the text that the question is about (SciQ's support).</param>
/// <param name="WithEmptyText">Rows whose question or one of whose options is empty.</param>
/// <param name="Repeated">Rows that say the same as an earlier row: the same question, options, answer and context.</param>
public sealed record SkippedRows(int WithoutContext, int WithEmptyText, int Repeated)
{
    /// <summary>Nothing was skipped.</summary>
    public static SkippedRows None { get; } = new(0, 0, 0);

    /// <summary>The number of all skipped rows.</summary>
    public int Total => WithoutContext + WithEmptyText + Repeated;
}
