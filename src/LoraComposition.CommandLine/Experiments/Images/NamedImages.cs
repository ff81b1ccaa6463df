using LoraComposition.Experiments;

namespace LoraComposition.CommandLine;

/// <summary>A data set as one of several tasks.</summary>
/// <param name="Name">What the task is called, for files and tables.</param>
/// <param name="Splits">Its images.</param>
public sealed record NamedImages(string Name, ImageSplits Splits);
