using System.Text;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Files;
using LoraComposition.Models;

namespace LoraComposition.Text.Tests.Tokenization;

/// <summary>Files that are not what they should be are named and refused.</summary>
public class T5TokenizerFileTests
{
    // Fields behind the end of a protobuf message replace those before them.
    public static TheoryData<byte[], string> OtherModels => new()
    {
        { [0x12, 2, 0x18, 2], "unigram" },
        { [0x12, 3, 0x98, 0x02, 1], "settings" },
        { [0x1A, 2, 0x18, 0], "settings" },
        { [0x12, 3, 0xD0, 0x02, 7], "end and the unknown" },
        { [0x0A, 5, 0x0A, 3, (byte)'a', 0, (byte)'b'], "zero character" },
        { [0x0A, 0], "empty" },
        { [0x0A, 5, 0x0A, 3, 0xFF, 0xFF, 0xFF], "damaged" },
        { [0x0A, 7, 0x0A, 5, 0xE2, 0x96, 0x81, (byte)'a', (byte)'n'], "found \"▁an\" 2 times" },
        { [0x0A, 8, 0x0A, 1, (byte)'q', 0x15, 0, 0, 0xC0, 0x7F], "NaN" },
        { [0x0A, 5, 0x0A, 1, (byte)'q', 0x18, 9], "type 9" },
        { [0x1A, 7, 0x12, 5, 0xFF, 0, 0, 0, 0], "table of characters" },
        { [0x0A, 100], "asks for 100 bytes" },
        { [0x07], "wire type 7" },
        { [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "ten bytes" },
    };

    [Theory]
    [MemberData(nameof(OtherModels))]
    public void AModelOfAnotherKindIsRefused(byte[] appended, string named) =>
        FluentActions.Invoking(() => TokenizerFixture.Load([.. TokenizerFixture.Model, .. appended])).Should().Throw<CheckpointException>().WithMessage($"*spiece.model*{named}*");

    [Fact]
    public void ALongPieceIsRefusedBeforeATrieIsMadeOfIt()
    {
        byte[] text = Encoding.ASCII.GetBytes(new string('a', 600));

        FluentActions.Invoking(() => TokenizerFixture.Load([.. TokenizerFixture.Model, 0x0A, 0xDB, 0x04, 0x0A, 0xD8, 0x04, .. text])).Should().Throw<CheckpointException>().WithMessage("*600 bytes long*");
    }

    [Fact]
    public void MissingAndOversizedFilesAreRefused()
    {
        using var folder = new TemporaryFolder();

        FluentActions.Invoking(() => T5Tokenizer.Load(folder.Path + "-none")).Should().Throw<CheckpointException>().WithMessage("*the folder is missing*");
        FluentActions.Invoking(() => T5Tokenizer.Load(folder.Path)).Should().Throw<CheckpointException>().WithMessage("*spiece.model: the file does not exist*");
        Directory.CreateDirectory(folder.At("spiece.model", "x"));
        FluentActions.Invoking(() => T5Tokenizer.Load(folder.Path)).Should().Throw<CheckpointException>().WithMessage("*found a directory*");
        using var large = new TemporaryFolder();
        using (var file = File.Create(large.At("spiece.model"))) file.SetLength(1L << 40);
        FluentActions.Invoking(() => T5Tokenizer.Load(large.Path)).Should().Throw<CheckpointException>().WithMessage("*1099511627776 bytes*");
    }

    [Theory]
    [InlineData("{}", 900)]
    [InlineData("""{"extra_ids": 3, "additional_special_tokens": ["<extra_id_2>", {"content": "<extra_id_0>"}]}""", 803)]
    [InlineData("""{"extra_ids": 0}""", 800)]
    [InlineData("""{"tokenizer_class": "T5TokenizerFast", "eos_token": {"content": "</s>"}, "added_tokens_decoder": {"0": {"content": "<pad>"}, "800": {"content": "<extra_id_99>"}}}""", 900)]
    public void TheConfigurationSaysHowManyExtraIdsThereAre(string config, int size) => TokenizerFixture.Load(TokenizerFixture.Model, Encoding.UTF8.GetBytes(config)).VocabularySize.Should().Be(size);

    [Theory]
    [InlineData("[]", "object")]
    [InlineData("""{"tokenizer_class": "BertTokenizer"}""", "tokenizer_class")]
    [InlineData("""{"extra_ids": -1}""", "extra_ids")]
    [InlineData("""{"extra_ids": 100000}""", "extra_ids")]
    [InlineData("""{"eos_token": "<eos>"}""", "eos_token")]
    [InlineData("""{"unk_token": 7}""", "unk_token")]
    [InlineData("""{"additional_special_tokens": [7]}""", "additional_special_tokens")]
    [InlineData("""{"additional_special_tokens": "<sep>"}""", "additional_special_tokens")]
    [InlineData("""{"added_tokens_decoder": {"x": "<new>"}}""", "added_tokens_decoder")]
    [InlineData("""{"added_tokens_decoder": {"900": "<a>", "901": "<a>"}}""", "no token has two")]
    [InlineData("""{"added_tokens_decoder": {"900": "<a>", "0900": "<b>"}}""", "which another has already")]
    [InlineData("""{"added_tokens_decoder": {"5": "<a>"}}""", "which another has already")]
    [InlineData("""{"added_tokens_decoder": {"2000000000": "<a>"}}""", "ids from 0 to")]
    [InlineData("""{"added_tokens_decoder": {"900": ""}}""", "1 to 512 characters")]
    [InlineData("""{"additional_special_tokens": ["<extra_id_100>"]}""", "<extra_id_100>")]
    [InlineData("""{"added_tokens_decoder": {"800": {"content": "<extra_id_0>"}}}""", "899 downwards")]
    public void AnotherTokenizersConfigurationIsRefused(string config, string named) =>
        FluentActions.Invoking(() => TokenizerFixture.Load(TokenizerFixture.Model, Encoding.UTF8.GetBytes(config))).Should().Throw<CheckpointException>().WithMessage($"*tokenizer_config.json*{named}*");

    /// <summary>A damaged model is refused, or it cuts texts somehow; it never ends in another exception.</summary>
    [Fact]
    public void DamagedModelsAreRefusedOrUsed()
    {
        string[] texts = ["Hello world", "naïve ½ ﬁne ＦＵＬＬ　ｗｉｄｔｈ", "日本語 e\u0301 zero\u200bwidth \ud83d\ude42"];
        using var folder = new TemporaryFolder();
        string path = folder.At("spiece.model");
        int loaded = 0, refused = 0;
        for (int seed = 0; seed < 300; seed++)
        {
            File.WriteAllBytes(path, Damage(new Random(seed)));
            try
            {
                var tokenizer = T5Tokenizer.Load(folder.Path);
                foreach (string text in texts) tokenizer.Decode(tokenizer.Encode(text)).Should().NotBeNull();
                loaded++;
            }
            catch (ModelFileException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"Seed {seed}: {e}");
            }
        }
        loaded.Should().BeGreaterThan(20);
        refused.Should().BeGreaterThan(50);
    }

    static byte[] Damage(Random random)
    {
        byte[] bytes = [.. TokenizerFixture.Model];
        // The pieces come first, then the table of characters; each is to be hit often.
        int pieces = 11_000;
        switch (random.Next(4))
        {
            case 0: return bytes[..random.Next(bytes.Length)];
            case 1: bytes[random.Next(pieces)] = (byte)random.Next(256); return bytes;
            case 2:
                for (int i = 0; i < 2000; i++) bytes[random.Next(pieces + 1000, bytes.Length - 1000)] = (byte)random.Next(256);
                return bytes;
            default:
                int at = random.Next(pieces);
                return [.. bytes[..at], .. bytes[(at + random.Next(1, 40))..]];
        }
    }
}
