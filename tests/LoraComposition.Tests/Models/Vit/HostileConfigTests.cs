using System.Text;
using LoraComposition.Files;
using LoraComposition.Fuzzing;
using LoraComposition.Models;
using LoraComposition.Tests.Support;

namespace LoraComposition.Tests.Models.Vit;

/// <summary>Folders made to be mistaken: each is refused by name before anything of the size it asks for is allocated.</summary>
public sealed class HostileConfigTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public HostileConfigTests()
    {
        File.Copy(Fixture.Path("vit-hf", "model.safetensors"), folder.File("model.safetensors"));
        File.SetAttributes(folder.File("model.safetensors"), FileAttributes.Normal);
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("hidden_size", "1.5")]
    [InlineData("hidden_size", "0")]
    [InlineData("hidden_size", "1e999")]
    [InlineData("hidden_size", "9223372036854775808")]
    [InlineData("hidden_size", "[32]")]
    [InlineData("hidden_size", "true")]
    [InlineData("num_hidden_layers", "\"2\"")]
    [InlineData("num_hidden_layers", "1048576")]
    [InlineData("layer_norm_eps", "1e999")]
    [InlineData("layer_norm_eps", "\"1e-12\"")]
    [InlineData("layer_norm_eps", "0")]
    [InlineData("layer_norm_eps", "-1")]
    [InlineData("qkv_bias", "\"false\"")]
    [InlineData("qkv_bias", "0")]
    [InlineData("model_type", "3")]
    [InlineData("hidden_act", "{}")]
    [InlineData("id2label", "[]")]
    [InlineData("id2label", "{\"0\": 1}")]
    [InlineData("id2label", "{\"-1\": \"a\"}")]
    [InlineData("id2label", "{\"00\": \"a\", \"0\": \"b\"}")]
    [InlineData("id2label", "{\" 0\": \"a\"}")]
    public void A_setting_of_the_wrong_kind_is_refused_by_name(string setting, string value) =>
        Refused($$"""{"model_type": "vit", "{{setting}}": {{value}}}""".Replace("\"model_type\": \"vit\", \"model_type\"", "\"model_type\"", StringComparison.Ordinal), $"*config.json:*{setting}*");

    [Theory]
    [InlineData("{\"hidden_size\": NaN}", "*not valid JSON*")]
    [InlineData("{\"hidden_size\": 32, \"hidden\\u005fsize\": 64}", "*not valid JSON*")]
    [InlineData("{\"hidden_act\": \"\\ud800\"}", "*surrogate*")]
    [InlineData("\uFEFF{}", "*byte order mark*")]
    [InlineData("[]", "*expected a JSON object*")]
    public void A_file_that_is_no_plain_json_is_refused(string text, string message) => Refused(text, "*config.json" + message);

    [Fact]
    public void A_nesting_bomb_is_refused() => Refused("{\"x\":" + new string('[', 1 << 20), "*config.json*depth*");

    [Fact]
    public void Invalid_utf8_is_refused()
    {
        File.WriteAllBytes(folder.File("config.json"), [.. Encoding.UTF8.GetBytes("{\"model_type\": \""), 0xff, .. "\"}"u8]);
        Refused(null, "*config.json*not valid UTF-8*");
    }

    [Fact]
    public void A_file_longer_than_any_real_one_is_not_read()
    {
        using (var stream = File.Create(folder.File("config.json"))) stream.SetLength(1L << 40);
        Refused(null, "*config.json*1099511627776 bytes long, expected at most 16777216*");
    }

    [Fact]
    public void A_folder_in_place_of_the_file_is_refused()
    {
        Directory.CreateDirectory(folder.File("config.json"));
        Refused(null, "*config.json*");
    }

    // Each size alone, and products that overflow 64 bits.
    [Theory]
    [InlineData("\"hidden_size\": 524288, \"num_attention_heads\": 1, \"image_size\": 32, \"patch_size\": 8")]
    [InlineData("\"hidden_size\": 1048575, \"num_attention_heads\": 1, \"intermediate_size\": 1048575, \"num_channels\": 1048575, \"image_size\": 1048575, \"patch_size\": 1048575")]
    [InlineData("\"image_size\": 1048575, \"patch_size\": 1")]
    [InlineData("\"image_size\": 46341, \"patch_size\": 1, \"hidden_size\": 1, \"num_attention_heads\": 1")]
    [InlineData("\"num_hidden_layers\": 1048575")]
    [InlineData("\"num_hidden_layers\": 1024")]
    [InlineData("\"num_channels\": 1048575, \"patch_size\": 524288, \"image_size\": 524288")]
    public void Absurd_sizes_are_refused_before_anything_is_allocated(string sizes)
    {
        // Without a head, whose width would give the size away before.
        HollowCheckpoint.Write(folder.File("model.safetensors"), [("embeddings.cls_token", [1, 1, 32])]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused($$"""{"model_type": "vit", {{sizes}} }""", "*");
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(64 << 20);
    }

    [Theory]
    [InlineData(1L << 40, 0)]
    [InlineData(0, 32)]
    [InlineData(5, 64)]
    [InlineData((1L << 20) + 1, 32)]
    public void A_head_of_an_absurd_shape_is_refused_before_its_classes_are_named(long classes, long width)
    {
        HollowCheckpoint.Write(folder.File("model.safetensors"), [("classifier.weight", [classes, width])]);
        Refused("""{"model_type": "vit", "hidden_size": 32, "num_attention_heads": 4}""", $"*'classifier.weight': expected [1 … 1048576, 32], found [{classes}, {width}]*");
    }

    [Fact]
    public void A_head_of_another_rank_is_refused()
    {
        HollowCheckpoint.Write(folder.File("model.safetensors"), [("classifier.weight", [32])]);
        Refused("""{"model_type": "vit", "hidden_size": 32, "num_attention_heads": 4}""", "*'classifier.weight'*found [32]*");
    }

    [Theory]
    [InlineData("vit-hf")]
    [InlineData("vit-timm")]
    public void Every_spoilt_config_gives_a_model_or_a_refusal(string source)
    {
        string config = File.ReadAllText(Fixture.Path(source, "config.json"));
        File.Copy(Fixture.Path(source, "model.safetensors"), folder.File("model.safetensors"), overwrite: true);
        var mutator = new JsonMutator("32", "64", "1e-6", "\"token\"", "\"vit_base_patch16_224\"", "[3,32,32]", "1048575");
        var kinds = Fuzz.Run<ModelFileException>(seed: 1, count: 600, random => Spoil(mutator, random, config), input =>
        {
            File.WriteAllBytes(folder.File("config.json"), input.Bytes);
            VisionTransformer.Load(folder.Path).Dispose();
        });
        kinds.Values.Sum(kind => kind.Refused).Should().BeGreaterThan(200);
        kinds.Values.Sum(kind => kind.Loaded).Should().BePositive();
    }

    [Fact]
    public void Every_spoilt_index_gives_a_checkpoint_or_a_refusal()
    {
        File.Move(folder.File("model.safetensors"), folder.File("a.safetensors"));
        using var shard = SafetensorsFile.Open(folder.File("a.safetensors"));
        string index = $"{{\"metadata\": {{\"total_size\": 1}}, \"weight_map\": {{{string.Join(", ", shard.Tensors.Keys.Select(name => $"\"{name}\": \"a.safetensors\""))}}}}}";
        var mutator = new JsonMutator("\"b.safetensors\"", "\"../a.safetensors\"", "\"/a.safetensors\"", "\".\"");
        var kinds = Fuzz.Run<ModelFileException>(seed: 1, count: 20_000, random => Spoil(mutator, random, index), input =>
        {
            File.WriteAllBytes(folder.File("model.safetensors.index.json"), input.Bytes);
            using var files = CheckpointFiles.Open(folder.Path);
            files.Names.Should().BeEquivalentTo(shard.Tensors.Keys);
        });
        kinds.Values.Sum(kind => kind.Refused).Should().BeGreaterThan(10_000);
    }

    static FuzzCase Spoil(JsonMutator mutator, Random random, string json)
    {
        var (kind, spoilt) = mutator.Mutate(random, json);
        return new FuzzCase(kind, Encoding.Latin1.GetBytes(spoilt));
    }

    void Refused(string? config, string message)
    {
        if (config is not null) File.WriteAllText(folder.File("config.json"), config, new UTF8Encoding(false));
        FluentActions.Invoking(() => VisionTransformer.Load(folder.Path)).Should().Throw<ModelFileException>().WithMessage(message).Which.Message.Should().StartWith(folder.Path);
    }
}
