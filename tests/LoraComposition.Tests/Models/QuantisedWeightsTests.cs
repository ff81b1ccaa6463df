using System.Text.Json.Nodes;
using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using TemporaryFolder = LoraComposition.Tests.Files.TemporaryFolder;

namespace LoraComposition.Tests.Models;

/// <summary>A quantised base says that it is one, and what to use.</summary>
public sealed class QuantisedWeightsTests : IDisposable
{
    const string Query = "encoder.block.0.layer.0.SelfAttention.q.weight";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("bitsandbytes, 4 bits", """{"load_in_4bit": true, "quant_method": "bitsandbytes"}""")]
    [InlineData("gptq, 8 bits", """{"bits": 8, "quant_method": "gptq"}""")]
    [InlineData("packed into bytes", null)]
    public void A_base_of_packed_numbers_is_refused_with_its_kind(string how, string? settings)
    {
        Write(settings, tensors => tensors[Query] = zeros(512, 1, dtype: ScalarType.Byte));
        FluentActions.Invoking(() => BaseModel.Load(folder.Path)).Should().Throw<CheckpointException>()
            .WithMessage($"*the model is quantised ({how}): tensor '{Query}' is Byte *512, 1*use the checkpoint from before it was quantised*dequantize()*");
    }

    [Theory]
    [InlineData(".absmax", "bitsandbytes, 4 bits")]
    [InlineData(".SCB", "bitsandbytes, 8 bits")]
    [InlineData(".weight_scale_inv", "scaled weights")]
    public void So_is_one_with_the_scales_of_packed_numbers(string end, string how)
    {
        Write(null, tensors => tensors[Query.Replace(".weight", end, StringComparison.Ordinal)] = ones(4));
        FluentActions.Invoking(() => T5Model.Check(folder.Path)).Should().Throw<CheckpointException>().WithMessage($"*the model is quantised ({how})*");
    }

    [Fact]
    public void A_model_of_any_architecture_is_not_merged_into_either()
    {
        Write("""{"load_in_4bit": true, "quant_method": "bitsandbytes"}""", tensors => tensors[Query] = zeros(512, 1, dtype: ScalarType.Byte));
        var layer = new AdapterLayer(Query[..^".weight".Length], 32, 32, 2, 1, ScalarType.Float32, AdapterLayerKind.Linear);
        FluentActions.Invoking(() => CheckpointMerge.Write(folder.Path, folder.File("out"), [layer], _ => throw new InvalidOperationException())).Should().Throw<CheckpointException>()
            .WithMessage("*the model is quantised (bitsandbytes, 4 bits)*");
    }

    [Fact]
    public void A_type_that_cannot_be_read_is_explained_where_the_settings_do()
    {
        Write("""{"quant_method": "fp8"}""", _ => { });
        byte[] bytes = File.ReadAllBytes(folder.File("model.safetensors"));
        int at = bytes.AsSpan().IndexOf("\"F32\""u8);
        "\"F8_"u8.CopyTo(bytes.AsSpan(at));
        bytes[at + 4] = (byte)'"';
        string header = System.Text.Encoding.Latin1.GetString(bytes).Replace("\"F8_\"", "\"F4\" ", StringComparison.Ordinal);
        File.WriteAllBytes(folder.File("model.safetensors"), System.Text.Encoding.Latin1.GetBytes(header));
        FluentActions.Invoking(() => BaseModel.Load(folder.Path)).Should().Throw<CheckpointException>().WithMessage("*the model is quantised (fp8), and its files cannot be read*");
    }

    void Write(string? settings, Action<Dictionary<string, Tensor>> change)
    {
        using var scope = NewDisposeScope();
        var config = JsonNode.Parse(File.ReadAllText(Fixture.Path("t5-flan", "config.json")))!.AsObject();
        if (settings is not null) config["quantization_config"] = JsonNode.Parse(settings);
        File.WriteAllText(folder.File("config.json"), config.ToJsonString());
        var tensors = Fixture.Tensors("t5-flan", "model.safetensors");
        change(tensors);
        SafetensorsWriter.Write(folder.File("model.safetensors"), tensors);
    }
}
