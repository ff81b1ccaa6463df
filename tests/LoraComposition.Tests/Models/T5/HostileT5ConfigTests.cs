using System.Text;
using LoraComposition.Files;
using LoraComposition.Fuzzing;
using LoraComposition.Models;
using LoraComposition.Tests.Support;

namespace LoraComposition.Tests.Models.T5;

/// <summary>Configs made to be mistaken: each is refused by name before anything of the size it asks for is allocated.</summary>
public sealed class HostileT5ConfigTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public HostileT5ConfigTests() => File.WriteAllBytes(folder.File("model.safetensors"), File.ReadAllBytes(Fixture.Path("t5-flan", "model.safetensors")));

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("d_model", "1.5")]
    [InlineData("d_model", "0")]
    [InlineData("d_kv", "-1")]
    [InlineData("vocab_size", "1e999")]
    [InlineData("num_layers", "\"2\"")]
    [InlineData("num_layers", "1025")]
    [InlineData("num_decoder_layers", "1048576")]
    [InlineData("num_heads", "[4]")]
    [InlineData("layer_norm_epsilon", "0")]
    [InlineData("layer_norm_epsilon", "\"1e-6\"")]
    [InlineData("relative_attention_num_buckets", "3")]
    [InlineData("relative_attention_max_distance", "16")]
    [InlineData("tie_word_embeddings", "1")]
    [InlineData("scale_decoder_outputs", "\"true\"")]
    [InlineData("feed_forward_proj", "\"gated-silu\"")]
    [InlineData("feed_forward_proj", "\"gelu\"")]
    [InlineData("feed_forward_proj", "3")]
    [InlineData("dense_act_fn", "\"gelu_new\"")]
    [InlineData("is_gated_act", "true")]
    [InlineData("model_type", "\"longt5\"")]
    [InlineData("model_type", "\"switch_transformers\"")]
    [InlineData("pad_token_id", "-1")]
    [InlineData("eos_token_id", "[1]")]
    [InlineData("eos_token_id", "32128")]
    [InlineData("decoder_start_token_id", "40000")]
    public void A_setting_that_cannot_be_is_refused_by_name(string setting, string value) => Refused($$"""{"{{setting}}": {{value}}}""", $"*config.json:*{setting}*");

    // Each size alone, and products that overflow 64 bits.
    [Theory]
    [InlineData("\"vocab_size\": 1048575, \"d_model\": 1048575, \"d_ff\": 1048575, \"num_heads\": 1048575, \"d_kv\": 1048575")]
    [InlineData("\"num_heads\": 65536, \"d_kv\": 65536")]
    [InlineData("\"d_model\": 1048575")]
    [InlineData("\"num_heads\": 1048575, \"d_kv\": 2000, \"d_model\": 1048575")]
    [InlineData("\"relative_attention_num_buckets\": 1048575, \"relative_attention_max_distance\": 1048575, \"num_heads\": 1048575, \"d_kv\": 1")]
    [InlineData("\"num_layers\": 1024")]
    [InlineData("\"num_layers\": 1, \"num_decoder_layers\": 1024")]
    public void Absurd_sizes_are_refused_before_anything_is_allocated(string sizes)
    {
        void Load() => Refused($$"""{"model_type": "t5", {{sizes}} }""", "*");
        // What is compiled, and read of torch's libraries, on first use does not count.
        Load();
        var peak = new NativePeak();
        peak.Start();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Load();
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(16 << 20);
        peak.Rise.Should().BeLessThan(64 << 20);
    }

    [Fact]
    public void A_missing_config_is_named() => Refused(null, "*config.json: the file is missing*");

    [Fact]
    public void A_file_longer_than_any_real_one_is_not_read()
    {
        using (var stream = File.Create(folder.File("config.json"))) stream.SetLength(1L << 40);
        Refused(null, "*config.json*1099511627776 bytes long, expected at most 1048576*");
    }

    [Fact]
    public void Every_spoilt_config_gives_a_model_or_a_refusal()
    {
        string config = File.ReadAllText(Fixture.Path("t5-flan", "config.json"));
        var mutator = new JsonMutator("32", "4", "1e-6", "\"relu\"", "\"gated-gelu\"", "true", "1048575");
        var kinds = Fuzz.Run<ModelFileException>(seed: 1, count: 600, random =>
        {
            var (kind, spoilt) = mutator.Mutate(random, config);
            return new FuzzCase(kind, Encoding.Latin1.GetBytes(spoilt));
        }, input =>
        {
            File.WriteAllBytes(folder.File("config.json"), input.Bytes);
            T5Model.Load(folder.Path).Dispose();
        });
        kinds.Values.Sum(kind => kind.Refused).Should().BeGreaterThan(200);
        kinds.Values.Sum(kind => kind.Loaded).Should().BePositive();
    }

    void Refused(string? config, string message)
    {
        if (config is not null) File.WriteAllText(folder.File("config.json"), config, new UTF8Encoding(false));
        FluentActions.Invoking(() => T5Model.Load(folder.Path)).Should().Throw<ModelFileException>().WithMessage(message).Which.Message.Should().StartWith(folder.Path);
    }
}
