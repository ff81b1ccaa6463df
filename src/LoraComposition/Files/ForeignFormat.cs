namespace LoraComposition.Files;

/// <summary>Recognises files of other formats that were renamed or saved as safetensors.</summary>
internal static class ForeignFormat
{
    const string Convert = "; load it with the Python library that wrote it and save it as safetensors.";

    /// <summary>Says what a file is by its first eight bytes, or null where they are not known.</summary>
    public static string? Explain(ReadOnlySpan<byte> prefix)
    {
        if (prefix.StartsWith("PK\x03\x04"u8)) return "expected safetensors, found a zip archive (torch.save writes such files)" + Convert;
        if (prefix[0] == 0x80 && prefix[1] is >= 2 and <= 5) return "expected safetensors, found a Python pickle, which is never read because it can run code" + Convert;
        if (prefix.StartsWith("GGUF"u8)) return "expected safetensors, found a GGUF file; use the original safetensors checkpoint.";
        if (prefix.SequenceEqual("version "u8)) return "expected safetensors, found a Git LFS pointer; run 'git lfs pull' to fetch the file itself.";
        if (prefix[0] == (byte)'<') return "expected safetensors, found a web page; the download failed, so fetch the file again.";
        return null;
    }
}
