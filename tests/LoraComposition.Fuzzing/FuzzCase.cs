namespace LoraComposition.Fuzzing;

/// <summary>One hostile input: what was done to a valid one, and the bytes that came out.</summary>
public sealed record FuzzCase(string Kind, byte[] Bytes);
