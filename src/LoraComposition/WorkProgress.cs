namespace LoraComposition;

/// <summary>How far a long piece of work is.</summary>
/// <param name="Done">The steps that are done; what a step is, the member that reports says.</param>
/// <param name="Total">All steps.</param>
public readonly record struct WorkProgress(long Done, long Total);
