namespace LoraComposition.Experiments;

/// <summary>The accuracy of one method at one number of samples per class, over the seeds.</summary>
/// <param name="Method">The method.</param>
/// <param name="Shots">The labelled samples per class; <see langword="null"/> for all of them.</param>
/// <param name="Mean">The mean accuracy, 0 to 1.</param>
/// <param name="StandardDeviation">The sample standard deviation of the accuracy (divided by runs − 1), 0 to 1; 0 for a single run, whose spread is unknown.</param>
/// <param name="Runs">The number of runs, one per seed.</param>
/// <param name="TrainableParameters">The trained numbers without the head.</param>
public sealed record SummaryRow(string Method, int? Shots, double Mean, double StandardDeviation, int Runs, long TrainableParameters);
