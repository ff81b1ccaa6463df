using System.IO.Compression;
using System.Text.Json;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Text.Tests.Tokenization;

/// <summary>The small model of Fixtures/tokenizer, and what sentencepiece and transformers make of texts with it.</summary>
internal static class TokenizerFixture
{
    static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", "tokenizer");

    /// <summary>The model's bytes. The file is kept compressed: most of it is a table of characters.</summary>
    public static byte[] Model { get; } = Unpack();

    public static byte[] Config { get; } = File.ReadAllBytes(Path.Combine(Folder, "tokenizer_config.json"));

    public static JsonElement Cases { get; } = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "cases.json"))).RootElement;

    public static T5Tokenizer Tokenizer { get; } = Load(Model, Config);

    public static T5Tokenizer Load(byte[]? model, byte[]? config = null)
    {
        using var folder = new TemporaryFolder();
        if (model is not null) File.WriteAllBytes(folder.At("spiece.model"), model);
        if (config is not null) File.WriteAllBytes(folder.At("tokenizer_config.json"), config);
        return T5Tokenizer.Load(folder.Path);
    }

    static byte[] Unpack()
    {
        using var packed = new BrotliStream(File.OpenRead(Path.Combine(Folder, "spiece.model.br")), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        packed.CopyTo(bytes);
        return bytes.ToArray();
    }
}
