namespace LoraComposition.Experiments;

/// <summary>A part of a data set that a Parquet file may be.</summary>
internal enum HubPart
{
    Train,
    Test,
}
