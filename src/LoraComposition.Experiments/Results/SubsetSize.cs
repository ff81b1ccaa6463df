namespace LoraComposition.Experiments;

/// <summary>How the compositions of one number of modules did.</summary>
/// <param name="Modules">The number of modules.</param>
/// <param name="Subsets">The compositions.</param>
public sealed record SubsetSize(int Modules, IReadOnlyList<SubsetScore> Subsets)
{
    /// <summary>The mean of their mean scores, 0 to 1.</summary>
    public double Mean => Subsets.Average(subset => subset.Score.Mean);

    /// <summary>The lowest mean score.</summary>
    public double Least => Subsets.Min(subset => subset.Score.Mean);

    /// <summary>The highest mean score.</summary>
    public double Most => Subsets.Max(subset => subset.Score.Mean);
}
