using System.Diagnostics;
using System.Text;
using System.Text.Json;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;

namespace LoraComposition.Text.Tests.Tokenization;

/// <summary>Vocabularies of many languages, as mT5's and UMT5's: pieces of the 256 bytes, by which unknown characters are written, and 250,000 others.</summary>
public class ByteFallbackTests
{
    // A second trainer_spec, merged with the first: byte_fallback, field 35.
    static readonly byte[] switchedOn = [0x12, 3, 0x98, 0x02, 1];

    static int Plain => TokenizerFixture.Tokenizer.VocabularySize - 100;

    [Theory]
    [InlineData("Hello \u65e5\u672c world")]
    [InlineData("emoji \U0001F642 test")]
    [InlineData("\u65e5")]
    [InlineData("Hello <0x41> world")]
    [InlineData("Hello world")]
    public void UnknownCharactersAreTheirBytesInUtf8(string text)
    {
        var tokenizer = TokenizerFixture.Load([.. TokenizerFixture.Model, .. Bytes(), .. switchedOn], TokenizerFixture.Config);
        var plain = TokenizerFixture.Tokenizer;
        // Every run of unknown characters is one id there; here each of its bytes has one.
        var pieces = plain.Cut(text);
        var expected = pieces.SelectMany(piece => PieceIds.TryGetValue(piece, out int id) ? [id] : Encoding.UTF8.GetBytes(piece).Select(value => Plain + value)).Append(T5Tokenizer.EndId).ToArray();

        var ids = tokenizer.Encode(text);
        ids.Should().Equal(expected);
        tokenizer.Decode(ids).Should().Be(text);
        tokenizer.Cut(text).Should().HaveCount(ids.Count - 1);
        tokenizer.Encode("<unk>").Should().Equal(tokenizer.UnknownId, T5Tokenizer.EndId);
    }

    [Fact]
    public void BytesThatAreNoCharacterAreASignEach()
    {
        var tokenizer = TokenizerFixture.Load([.. TokenizerFixture.Model, .. Bytes(), .. switchedOn], TokenizerFixture.Config);

        tokenizer.Decode([Plain + 0xE6, Plain + 0x97, Plain + 0xA5, Plain + 0xE6, Plain + 0x97, Plain + (byte)'a']).Should().Be("\u65e5\uFFFD\uFFFDa");
    }

    [Fact]
    public void ByteFallbackNeedsAllPieces() =>
        FluentActions.Invoking(() => TokenizerFixture.Load([.. TokenizerFixture.Model, .. Bytes().SkipLast(12), .. switchedOn])).Should().Throw<CheckpointException>().WithMessage("*byte_fallback*<0xFF>*");

    [Fact]
    public void ATokenizerJsonHasThemToo()
    {
        var tokenizer = Load(Json("<unk>", byteFallback: true));

        tokenizer.UnknownId.Should().Be(2);
        tokenizer.Encode("a\u00e9 a").Should().Equal(259, 3 + 0xC3, 3 + 0xA9, 259, 1);
        tokenizer.Decode([259, 3 + 0xC3, 3 + 0xA9, 259, 1]).Should().Be("a\u00e9 a");
        Load(Json("<unk>", byteFallback: false)).Encode("a\u00e9").Should().Equal(259, 2, 1);
    }

    // As UMT5: a piece that begins texts, and the unknown behind it.
    [Fact]
    public void TheUnknownMayStandBehindAStart()
    {
        var tokenizer = Load(Json("<s>", "<unk>", byteFallback: false), """
            {"tokenizer_class": "T5Tokenizer", "extra_ids": 2, "bos_token": "<s>", "additional_special_tokens": ["<extra_id_0>", "<extra_id_1>"],
             "added_tokens_decoder": {"0": {"content": "<pad>", "special": true}, "2": {"content": "<s>", "special": true}, "3": {"content": "<unk>", "special": true}}}
            """);

        tokenizer.UnknownId.Should().Be(3);
        tokenizer.Encode("a \u00e9<unk><s>a").Should().Equal(260, 3, 3, 2, 260, 1);
        tokenizer.Decode([2, 260, 3, 260, 1]).Should().Be("a \u2047  a");
    }

    [Fact]
    public void RunsOfBlanksAreKeptWhereTheModelKeepsThem()
    {
        // normalizer_spec, remove_extra_whitespaces, field 4.
        var tokenizer = TokenizerFixture.Load([.. TokenizerFixture.Model, 0x1A, 2, 0x20, 0], TokenizerFixture.Config);

        string.Concat(tokenizer.Cut("a  b ")).Should().Be("\u2581a\u2581\u2581b\u2581");
        string.Concat(TokenizerFixture.Tokenizer.Cut("a  b ")).Should().Be("\u2581a\u2581b");
    }

    [Fact]
    public void AQuarterOfAMillionPiecesAreReadInSeconds()
    {
        var random = new Random(1);
        var pieces = new HashSet<string>();
        while (pieces.Count < 250_000) pieces.Add(new string([.. Enumerable.Range(0, random.Next(2, 9)).Select(_ => (char)random.Next(0x4E00, 0x5E00))]));
        string[] vocabulary = [.. pieces];
        byte[] model = [.. TokenizerFixture.Model, .. vocabulary.SelectMany(piece => Piece(piece, 1))];
        var watch = Stopwatch.StartNew();

        var tokenizer = TokenizerFixture.Load(model, TokenizerFixture.Config);

        tokenizer.VocabularySize.Should().Be(Plain + 250_000 + 100);
        tokenizer.Encode(vocabulary[^1])[^2].Should().Be(Plain + 249_999);
        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(60));
    }

    static Dictionary<string, int> PieceIds { get; } = ReadPieces();

    static Dictionary<string, int> ReadPieces()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.At("spiece.model"), TokenizerFixture.Model);
        return SentencePieceFile.Read(folder.At("spiece.model")).Pieces.Index().ToDictionary(entry => entry.Item.Text, entry => entry.Index);
    }

    static byte[] Bytes() => [.. Enumerable.Range(0, 256).SelectMany(value => Piece($"<0x{value:X2}>", 6))];

    static byte[] Piece(string text, byte type)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return [0x0A, (byte)(utf8.Length + 4), 0x0A, (byte)utf8.Length, .. utf8, 0x18, type];
    }

    static string Json(string third, bool byteFallback) => Json([third], byteFallback);

    static string Json(string third, string fourth, bool byteFallback) => Json([third, fourth], byteFallback);

    static string Json(string[] behindEnd, bool byteFallback)
    {
        object[][] vocabulary = [["<pad>", 0], ["</s>", 0], .. behindEnd.Select(piece => new object[] { piece, 0 }),
            .. Enumerable.Range(0, 256).Select(value => new object[] { $"<0x{value:X2}>", -9 }), ["\u2581a", -1]];
        return JsonSerializer.Serialize(new { model = new { type = "Unigram", unk_id = 1 + behindEnd.Length, byte_fallback = byteFallback, vocab = vocabulary } });
    }

    static T5Tokenizer Load(string json, string? config = null)
    {
        using var folder = new TemporaryFolder();
        folder.Write(json, "tokenizer.json");
        if (config is not null) folder.Write(config, "tokenizer_config.json");
        return T5Tokenizer.Load(folder.Path);
    }
}
