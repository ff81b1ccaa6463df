namespace LoraComposition.Experiments;

/// <summary>Where a picture is, and its label.</summary>
internal readonly record struct ParquetImageRow(int File, int Group, int Row, int Label);
