namespace LoraComposition.Experiments;

/// <summary>The results of an experiment as the process that ran it has them.</summary>
/// <param name="Folder">The folder that keeps them too, a file for each run.</param>
/// <param name="Runs">The results of all runs.</param>
/// <param name="Summary">Their scores by method and number of samples.</param>
public sealed record ExperimentResults(string Folder, IReadOnlyList<RunResult> Runs, Summary Summary);
