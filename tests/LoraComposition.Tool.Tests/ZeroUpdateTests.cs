using System.Text.Json;
using LoraComposition.FewShot.Tests.Support;
using static TorchSharp.torch;

namespace LoraComposition.Tool.Tests;

/// <summary>An adapter that changes nothing is named by every command that reads it.</summary>
public sealed class ZeroUpdateTests : IDisposable
{
    const string Line = "Adapter 'still' changes nothing: its update is zero in all 6 layers; its training may have kept its start.";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task InspectWarns()
    {
        var (code, output, _) = await CommandLine.RunAsync("inspect", Still());
        var (_, json, _) = await CommandLine.RunAsync("inspect", folder.At("still"), "--json");
        var (_, other, _) = await CommandLine.RunAsync("inspect", Reference.Adapter("vit-a"), "--json");

        code.Should().Be(0);
        output.Should().Contain($"warning: {Line}");
        Warnings(json).Should().Equal(Line);
        JsonDocument.Parse(json).RootElement.GetProperty("zeroLayers").GetInt32().Should().Be(6);
        Warnings(other).Should().BeEmpty();
        JsonDocument.Parse(other).RootElement.GetProperty("zeroLayers").GetInt32().Should().Be(0);
    }

    [Fact]
    public async Task CheckWarnsOnce()
    {
        var (code, output, _) = await CommandLine.RunAsync("check", "--base", Reference.Base, "--adapter", Still(), Reference.Adapter("vit-a"));

        code.Should().Be(0, "it fits all the same");
        output.Split('\n').Where(line => line.Contains("changes nothing")).Should().ContainSingle().Which.Should().Be($"  warning: {Line}");
    }

    [Theory]
    [InlineData("adapter")]
    [InlineData("checkpoint")]
    public async Task ComposeWarnsOnStandardErrorAndInItsReport(string form)
    {
        string[] arguments = ["compose", "--base", Reference.Base, "--adapter", Still(), Reference.Adapter("vit-a"), "--as", form, "--out", folder.At("out")];

        var (code, json, errors) = await CommandLine.RunAsync([.. arguments, "--json"]);
        var (_, text, said) = await CommandLine.RunAsync([.. arguments, "--force"]);
        var (_, _, log) = await CommandLine.RunAsync([.. arguments, "--force", "--verbose"]);

        code.Should().Be(0);
        errors.Should().Equal($"warning: {Line}");
        Warnings(json).Should().Equal(Line);
        json.Should().NotContain("zeroWarnings");
        said.Should().Equal($"warning: {Line}");
        text.Should().NotContain("changes nothing", "what is on standard error is not repeated");
        log.Where(line => line.Contains("changes nothing")).Should().ContainSingle().Which.Should().Be($"Warning: {Line}");
    }

    [Theory]
    [InlineData]
    [InlineData("--base", "vit-hf", "--as", "checkpoint", "--unmerge")]
    public async Task ComposingByNamesWarnsOnStandardErrorAndInItsReport(params string[] options)
    {
        string[] arguments = ["compose", "--adapter", Still("vit-a-v4names"), Reference.Adapter("vit-a-v4names"), "--out", folder.At("out"), .. options.Select(text => text == "vit-hf" ? Reference.Base : text)];

        var (code, json, errors) = await CommandLine.RunAsync([.. arguments, "--json"]);
        var (_, text, said) = await CommandLine.RunAsync([.. arguments, "--force"]);

        code.Should().Be(0, string.Join('\n', errors));
        errors.Should().Equal($"warning: {Line}");
        Warnings(json).Should().Equal(Line);
        json.Should().NotContain("doubts");
        said.Should().Equal($"warning: {Line}");
        text.Should().NotContain("changes nothing");
    }

    [Fact]
    public async Task TheSameFileTwiceIsAWarningWithoutABaseToo()
    {
        var (code, _, errors) = await CommandLine.RunAsync("compose", "--adapter", Reference.Adapter("vit-a"), Reference.Adapter("vit-a"), "--out", folder.At("out"));

        code.Should().Be(0);
        errors.Should().Equal("warning: Adapters 'vit-a', 'vit-a (2)' are the same file, which so counts 2 times.");
    }

    [Theory]
    [InlineData("predict", "--images")]
    [InlineData("evaluate", "--data")]
    [InlineData("export", "--out")]
    [InlineData("fisher", "--images")]
    public async Task AModelOfABaseAndAnAdapterWarnsOnce(string command, string option)
    {
        string still = Still("vit-head"), given = command == "export" ? folder.At("model.onnx") : Pictures();
        string[] arguments = [command, "--base", Reference.Base, "--adapter", still, option, given];

        var (code, _, errors) = await CommandLine.RunAsync(arguments);
        var (again, _, log) = await CommandLine.RunAsync([.. arguments, "--verbose", .. command is "predict" or "evaluate" ? [] : (string[])["--force"]]);

        (code, again).Should().Be((0, 0), string.Join('\n', errors.Concat(log)));
        errors.Where(line => line.Contains("changes nothing")).Should().Equal($"warning: {Line}");
        log.Where(line => line.Contains("changes nothing")).Should().ContainSingle().Which.Should().EndWithEquivalentOf($"warning: {Line}");
        errors.Should().ContainSingle(line => line.Contains("so it is guessed"), "the base does not say how pictures are made ready");
    }

    [Fact]
    public async Task AnAdaptedModelThatChangesNothingSaysSoWhereverItIsUsed()
    {
        string pictures = Pictures();
        var (code, _, errors) = await CommandLine.RunAsync("adapt", "--base", Reference.Base, "--adapter", Still(), "--data", pictures, "--shots", "1", "--method", "uniform", "--steps", "2", "--out", folder.At("model"));

        code.Should().Be(0, string.Join('\n', errors));
        errors.Should().ContainSingle(line => line == $"warning: {Line}");
        foreach (string[] command in (string[][])[["predict", "--images", pictures], ["evaluate", "--data", pictures], ["export", "--out", folder.At("model.onnx")], ["predict", "--images", pictures, "--verbose"]])
        {
            (code, _, errors) = await CommandLine.RunAsync([.. command, "--model", folder.At("model")]);

            code.Should().Be(0, string.Join('\n', errors));
            errors.Where(line => line.Contains("changes nothing")).Should().ContainSingle(string.Join(' ', command)).Which.Should().Contain(": Adapter 'uniform' changes nothing: its update is zero in all 6 layers");
        }
    }

    string Pictures()
    {
        TinyImageFolder.Write(folder.At("pictures"), [.. Enumerable.Range(0, 5).Select(label => ($"LABEL_{label}", 2))]);
        return folder.At("pictures");
    }

    static IEnumerable<string?> Warnings(string json) => JsonDocument.Parse(json).RootElement.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString());

    string Still(string source = "vit-a")
    {
        string place = folder.At("still");
        using var adapter = LoraAdapter.Load(Reference.Adapter(source), "still");
        using var still = new LoraAdapter("still",
            [.. adapter.Layers.Select(layer => KeyValuePair.Create(layer.Key, new LoraDelta(layer.Value.A.clone(), zeros_like(layer.Value.B), layer.Value.Scaling)))], adapter.BaseModel)
        { Head = adapter.Head?.Clone() };
        still.Save(place);
        return place;
    }
}
