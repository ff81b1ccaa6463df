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

    static IEnumerable<string?> Warnings(string json) => JsonDocument.Parse(json).RootElement.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString());

    string Still()
    {
        string place = folder.At("still");
        using var adapter = LoraAdapter.Load(Reference.Adapter("vit-a"), "still");
        using var still = new LoraAdapter("still",
            [.. adapter.Layers.Select(layer => KeyValuePair.Create(layer.Key, new LoraDelta(layer.Value.A.clone(), zeros_like(layer.Value.B), layer.Value.Scaling)))], adapter.BaseModel);
        still.Save(place);
        return place;
    }
}
