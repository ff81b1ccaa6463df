namespace LoraComposition.FewShot;

/// <summary>Which base model an adapted model stands on.</summary>
/// <param name="Folder">The model-hub folder, as it was given.</param>
/// <param name="Sha256">The SHA-256 of its <c>model.safetensors</c>, or of the names and hashes of its shards, in lower-case hexadecimal.</param>
public sealed record BaseReference(string Folder, string Sha256);
