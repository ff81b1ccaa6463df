using System.Text.Json;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Tool.Tests;

public sealed class InspectTests
{
    [Fact]
    public async Task AnAdapterShowsRankAlphaScalingAndNormOfEachLayer()
    {
        var report = await JsonAsync(Reference.Adapter("vit-pattern"));

        report.GetProperty("kind").GetString().Should().Be("adapter");
        report.GetProperty("baseModel").GetString().Should().Be("vit-hf");
        report.GetProperty("targets").EnumerateArray().Select(t => t.GetString()).Should().Equal("k_proj", "q_proj", "v_proj");
        var layers = report.GetProperty("layers").EnumerateArray().ToDictionary(layer => layer.GetProperty("path").GetString()!);
        Numbers(layers["vit.layers.0.attention.q_proj"]).Should().Equal(2, 8, 4);
        Numbers(layers["vit.layers.1.attention.v_proj"]).Should().Equal(4, 32, 8);
        layers.Values.Should().OnlyContain(layer => layer.GetProperty("norm").GetDouble() > 0);

        static double[] Numbers(JsonElement layer) => [layer.GetProperty("rank").GetDouble(), layer.GetProperty("alpha").GetDouble(), layer.GetProperty("scaling").GetDouble()];
    }

    [Fact]
    public async Task ARankStabilisedAdapterKeepsItsAlpha()
    {
        var layer = (await JsonAsync(Reference.Adapter("vit-rslora"))).GetProperty("layers")[0];

        layer.GetProperty("alpha").GetDouble().Should().Be(8);
        layer.GetProperty("scaling").GetDouble().Should().Be(4);
    }

    [Fact]
    public async Task ASavedHeadIsShown() => (await JsonAsync(Reference.Adapter("vit-head"))).GetProperty("headClasses").GetInt32().Should().BeGreaterThan(1);

    [Fact]
    public async Task ACheckpointShowsItsModelAndWhetherItLoads()
    {
        var report = await JsonAsync(Reference.Base);

        report.GetProperty("kind").GetString().Should().Be("checkpoint");
        report.GetProperty("model").GetString().Should().Be("vit");
        report.GetProperty("files").EnumerateArray().Select(file => file.GetString()).Should().Equal("model.safetensors");
        report.TryGetProperty("refusal", out _).Should().BeFalse();
        report.GetProperty("dtypes").GetProperty("Float32").GetInt64().Should().Be(report.GetProperty("parameters").GetInt64());
        report.GetProperty("targets").EnumerateArray().Select(t => t.GetString()).Should().Equal("classifier", "fc1", "fc2", "k_proj", "o_proj", "q_proj", "v_proj");
        report.GetProperty("bytes").GetInt64().Should().Be(4 * report.GetProperty("parameters").GetInt64());
    }

    [Fact]
    public async Task AT5ShowsItsKindParametersAndWhatAdaptersCanTarget()
    {
        var report = await JsonAsync(Reference.T5Base);

        report.GetProperty("kind").GetString().Should().Be("checkpoint");
        report.GetProperty("model").GetString().Should().Be("t5");
        report.GetProperty("parameters").GetInt64().Should().Be(46_528);
        report.GetProperty("targets").EnumerateArray().Select(t => t.GetString()).Should().Equal("k", "o", "q", "v", "wi_0", "wi_1", "wo");
        report.TryGetProperty("refusal", out _).Should().BeFalse();
        (await CommandLine.RunAsync("inspect", Reference.T5Base)).Output.Should().Contain("Model: t5.").And.Contain("This library can load it. Adapters can target: k, o, q, v, wi_0, wi_1, wo.");
    }

    [Fact]
    public async Task AnotherFamilyIsShownWithTheReasonWhyItDoesNotLoad()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(Reference.T5Base, "model.safetensors"), folder["model.safetensors"]);
        folder.Write("""{"model_type": "bert"}""", "config.json");

        var report = await JsonAsync(folder.Path);

        report.GetProperty("model").GetString().Should().Be("bert");
        report.GetProperty("parameters").GetInt64().Should().Be(46_528);
        report.GetProperty("refusal").GetString().Should().Contain("expected \"vit\", \"deit\"").And.Contain("\"t5\", \"mt5\" or \"umt5\"");
        report.TryGetProperty("targets", out _).Should().BeFalse();
        (await CommandLine.RunAsync("inspect", folder.Path)).Output.Should().Contain("This library cannot load it: ").And.NotContain("Adapters can target");
    }

    [Fact]
    public async Task ASafetensorsFileShowsItsTensorsAndText()
    {
        var (code, text, errors) = await CommandLine.RunAsync("inspect", Path.Combine(Reference.Adapter("vit-a"), "adapter_model.safetensors"));

        (code, errors).Should().BeEquivalentTo((0, Array.Empty<string>()));
        text.Should().Contain("12 tensors").And.Contain("lora_A.weight").And.Contain("[4, 32]").And.Contain("metadata format: pt");
        text.Should().NotContain("\u001b", "colours are for terminals");
    }

    [Fact]
    public async Task WhatIsNeitherIsRefused()
    {
        foreach (var (path, names) in new[] { (Reference.Path("layouts"), "expected an adapter folder"), (Reference.Path("peft"), "holds several adapters"), (Reference.Path("nothing"), "does not exist"), (Path.Combine(Reference.Base, "config.json"), "config.json") })
        {
            var (code, output, errors) = await CommandLine.RunAsync("inspect", path);

            code.Should().Be(1);
            output.Should().BeEmpty();
            errors.Should().ContainSingle().Which.Should().Contain(names);
        }
    }

    static async Task<JsonElement> JsonAsync(string path)
    {
        var (code, text, errors) = await CommandLine.RunAsync("inspect", "--json", path);

        (code, errors).Should().BeEquivalentTo((0, Array.Empty<string>()));
        return JsonDocument.Parse(text).RootElement;
    }
}
