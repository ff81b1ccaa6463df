using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;

namespace LoraComposition.Text.Tests.Tokenization;

/// <summary>T5's vocabulary as a <c>tokenizer.json</c>, and tokens that were added to it.</summary>
public class TokenizerJsonTests
{
    const string Tiny = """{"version": "1.0", "model": {"type": "Unigram", "unk_id": 2, "vocab": [["<pad>", 0], ["</s>", 0], ["<unk>", 0], ["▁a", -1.0]]}}""";

    [Fact]
    public void GivesTheIdsAndTextsOfTheModelItWasMadeOf()
    {
        var read = Load(FixtureAsJson());
        string[] texts = [.. TokenizerFixture.Cases.GetProperty("sentencepiece").EnumerateArray().Select(item => item.GetProperty("text").GetString()!),
            "fill <extra_id_0> in <extra_id_99>.", "a</s>b"];

        read.VocabularySize.Should().Be(TokenizerFixture.Tokenizer.VocabularySize);
        read.ExtraIdCount.Should().Be(100);
        foreach (string text in texts)
        {
            var ids = read.Encode(text);
            ids.Should().Equal(TokenizerFixture.Tokenizer.Encode(text));
            read.Decode(ids, skipSpecial: false).Should().Be(TokenizerFixture.Tokenizer.Decode(ids, skipSpecial: false));
        }
    }

    [Fact]
    public void GivesTheIdsOfTransformers()
    {
        var read = Load(FixtureAsJson());

        foreach (var item in TokenizerFixture.Cases.GetProperty("transformers").EnumerateArray())
            read.Encode(item.GetProperty("text").GetString()!).Should().Equal(item.GetProperty("input_ids").EnumerateArray().Select(id => id.GetInt32()));
    }

    [Fact]
    public void ATinyFileWithoutSettingsIsReadAsT5s()
    {
        var tokenizer = Load(Tiny, """{"tokenizer_class": "T5Tokenizer"}""");

        tokenizer.VocabularySize.Should().Be(4);
        tokenizer.Encode("a a").Should().Equal(3, 3, 1);
        tokenizer.Encode("a b").Should().Equal(3, 2, 1);
        tokenizer.Decode([3, 3, 1]).Should().Be("a a");
    }

    [Fact]
    public void AddedTokensOfTheFileAreRead()
    {
        string json = Tiny.Replace("\"version\"", """
            "added_tokens": [{"id": 0, "content": "<pad>", "special": true}, {"id": 4, "content": "<sep>", "special": true}, {"id": 6, "content": "[x]", "special": false},
              {"id": 5, "content": "<sep>2", "special": true}, {"id": 7, "content": "no", "special": false, "single_word": true}], "version"
            """, StringComparison.Ordinal);

        var tokenizer = Load(json);

        tokenizer.VocabularySize.Should().Be(8);
        tokenizer.Encode("a<sep>a <sep>2[x]").Should().Equal(3, 4, 3, 5, 6, 1);
        tokenizer.Encode("no nob a").Should().Equal(7, 2, 3, 1);
        tokenizer.Decode([3, 4, 3, 6, 1]).Should().Be("a a[x]");
        tokenizer.Decode([3, 4, 3], skipSpecial: false).Should().Be("a<sep> a");
    }

    [Fact]
    public void AddedTokensBesideAModelComeBehindTheExtraIds()
    {
        int size = TokenizerFixture.Tokenizer.VocabularySize;
        byte[] listed = Encoding.UTF8.GetBytes("""{"extra_ids": 100, "additional_special_tokens": ["<extra_id_0>", "<sep>", {"content": "<cls>"}]}""");
        byte[] numbered = Encoding.UTF8.GetBytes($$"""{"added_tokens_decoder": {"{{size + 1}}": {"content": "<sep>", "special": true}, "{{size}}": {"content": "word", "special": false} } }""");

        var first = TokenizerFixture.Load(TokenizerFixture.Model, listed);
        var second = TokenizerFixture.Load(TokenizerFixture.Model, numbered);

        (first.VocabularySize, second.VocabularySize, first.ExtraIdCount).Should().Be((size + 2, size + 2, 100));
        first.Encode("<sep><cls><extra_id_0>").Should().Equal(size, size + 1, size - 1, 1);
        second.Encode("<sep>word").Should().Equal(size + 1, size, 1);
        second.Decode([size + 1, size]).Should().Be("word");
    }

    [Fact]
    public void TheOtherFilesOfAddedTokensAreReadToo()
    {
        int size = TokenizerFixture.Tokenizer.VocabularySize;
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.At("spiece.model"), TokenizerFixture.Model);
        folder.Write($$"""{"<sep>": {{size + 1}}, "<extra_id_0>": {{size - 1}}}""", "added_tokens.json");
        folder.Write("""{"additional_special_tokens": ["<cls>"], "eos_token": "</s>"}""", "special_tokens_map.json");

        T5Tokenizer.Load(folder.Path).Encode("<sep><cls>").Should().Equal(size + 1, size + 2, 1);
    }

    [Theory]
    [InlineData("""{"model": {"type": "BPE", "vocab": {}}}""", "*model.type*BPE*")]
    [InlineData("""{"version": "1.0"}""", "*model is missing*")]
    [InlineData("""{"model": {"type": "Unigram", "unk_id": 0, "vocab": []}}""", "*model.unk_id, found 0*")]
    [InlineData("""{"model": {"type": "Unigram", "vocab": []}}""", "*model.unk_id, found none*")]
    [InlineData("""{"model": {"type": "Unigram", "unk_id": 2}}""", "*model.vocab*")]
    [InlineData("""{"model": {"type": "Unigram", "unk_id": 2, "vocab": []}}""", "*piece 0*")]
    [InlineData("""{"model": {"type": "Unigram", "unk_id": 2, "vocab": [["<s>", 0]]}}""", "*expected <pad> as piece 0*")]
    [InlineData("""{"model": {"type": "Unigram", "unk_id": 2, "vocab": [["<pad>", "x"]]}}""", "*model.vocab[0]*")]
    [InlineData("""{"model": {"type": "Unigram", "unk_id": 2, "vocab": [["<pad>", 1e99]]}}""", "*model.vocab[0]*")]
    [InlineData("""{"model": {"type": "Unigram", "unk_id": 2, "byte_fallback": true, "vocab": []}}""", "*byte_fallback*")]
    [InlineData("[]", "*JSON object*")]
    [InlineData("{", "*not valid JSON*")]
    public void AnotherVocabularyIsRefused(string json, string message) =>
        FluentActions.Invoking(() => Load(json)).Should().Throw<CheckpointException>().WithMessage("*tokenizer.json*").WithMessage(message);

    [Theory]
    [InlineData("\"normalizer\": {\"type\": \"Lowercase\"}", "*normalizer.type*Lowercase*")]
    [InlineData("\"normalizer\": {\"type\": \"Precompiled\", \"precompiled_charsmap\": \"?\"}", "*Base64*")]
    [InlineData("\"normalizer\": {\"type\": \"Precompiled\", \"precompiled_charsmap\": \"AAAA\"}", "*table of characters*")]
    [InlineData("\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [7]}", "*normalizer.normalizers*")]
    [InlineData("\"pre_tokenizer\": {\"type\": \"ByteLevel\"}", "*pre_tokenizer.type*ByteLevel*")]
    [InlineData("\"pre_tokenizer\": {\"type\": \"Metaspace\", \"prepend_scheme\": \"never\"}", "*blanks*")]
    [InlineData("\"added_tokens\": {}", "*added_tokens*")]
    [InlineData("\"added_tokens\": [{\"content\": \"x\"}]", "*ids*")]
    [InlineData("\"added_tokens\": [{\"id\": 3, \"content\": \"x\"}]", "*which another has already*")]
    [InlineData("\"added_tokens\": [{\"id\": 5, \"content\": \"</s>\"}]", "*expected 1*")]
    public void SettingsThatGiveOtherIdsAreRefused(string setting, string message) =>
        FluentActions.Invoking(() => Load(Tiny.Replace("\"version\"", $"{setting}, \"version\"", StringComparison.Ordinal))).Should().Throw<CheckpointException>().WithMessage(message);

    static T5Tokenizer Load(string json, string? config = null)
    {
        using var folder = new TemporaryFolder();
        folder.Write(json, "tokenizer.json");
        if (config is not null) folder.Write(config, "tokenizer_config.json");
        return T5Tokenizer.Load(folder.Path);
    }

    /// <summary>The fixture's model as transformers' converter writes it.</summary>
    static string FixtureAsJson()
    {
        var vocabulary = new JsonArray();
        string map = "";
        var fields = new ProtobufReader(TokenizerFixture.Model);
        while (fields.Next())
        {
            var inner = new ProtobufReader(fields.Bytes);
            if (fields.Field == 3)
            {
                while (inner.Next())
                    if (inner.Field == 2) map = Convert.ToBase64String(inner.Bytes);
            }
            else if (fields.Field == 1)
            {
                var (text, score) = ("", 0f);
                while (inner.Next())
                {
                    if (inner.Field == 1) text = Encoding.UTF8.GetString(inner.Bytes);
                    else if (inner.Field == 2) score = inner.Single;
                }
                vocabulary.Add(new JsonArray(text, score));
            }
        }
        for (int n = 99; n >= 0; n--) vocabulary.Add(new JsonArray($"<extra_id_{n}>", 0f));
        return new JsonObject
        {
            ["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray(new JsonObject { ["type"] = "Precompiled", ["precompiled_charsmap"] = map }) },
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(new JsonObject { ["type"] = "WhitespaceSplit" },
                    new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["add_prefix_space"] = true, ["prepend_scheme"] = "always" }),
            },
            ["model"] = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 2, ["vocab"] = vocabulary },
        }.ToJsonString();
    }
}
