namespace LoraComposition.CommandLine;

/// <summary>The data set whose labels become tasks.</summary>
/// <param name="Source">Which one.</param>
/// <param name="Path">Its folder, which exists; null for the one that needs none.</param>
public sealed record LabelData(DataSource Source, string? Path);
