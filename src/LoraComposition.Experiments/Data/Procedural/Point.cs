namespace LoraComposition.Experiments;

/// <summary>A point of the plane.</summary>
internal readonly record struct Point(float X, float Y);
