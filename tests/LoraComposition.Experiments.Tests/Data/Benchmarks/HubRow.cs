namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

/// <summary>A row of a hub file: the encoded picture, its label, and the domain where the table has that column.</summary>
internal sealed record HubRow(byte[]? Image, long? Label, string? Domain = null);
