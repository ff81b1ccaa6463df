namespace LoraComposition.Experiments;

/// <summary>How a composition of some modules did.</summary>
/// <param name="Modules">The modules' names.</param>
/// <param name="Score">The score over the seeds.</param>
public sealed record SubsetScore(IReadOnlyList<string> Modules, ScoreStatistics Score)
{
    /// <summary>The modules in one text: <c>a + b</c>.</summary>
    public string Name => string.Join(" + ", Modules);
}
