using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;

namespace LoraComposition.Tool.Tests;

/// <summary>What adapters are called, and that nothing written tells where they lay.</summary>
public sealed class AdapterNamesTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("x/a,y/b", "a,b")]
    [InlineData("x/one/adapter,x/two/adapter", "one/adapter,two/adapter")]
    [InlineData("x/one/lora/adapter,x/two/lora/adapter,z/other", "one/lora/adapter,two/lora/adapter,other")]
    [InlineData("a/b,b", "a/b,b")]
    [InlineData("x/a,x/a", "a,a (2)")]
    [InlineData("x/a/,x/../x/a", "a,a (2)")]
    [InlineData("hub/models--me--cats/snapshots/0123abc,hub/models--me--dogs/snapshots/0123abc", "cats,dogs")]
    [InlineData("hub/models--me--cats/snapshots/0123abc,hub/models--you--cats/snapshots/0123abc", "me/cats,you/cats")]
    public void NamesTellApartAndAreNoPaths(string folders, string names) =>
        AdapterSet.Named([.. folders.Split(',').Select(name => Path.Combine(folder.Path, name))]).Select(adapter => adapter.Name).Should()
            .Equal([.. names.Split(',').Select(name => name == "b" && names.StartsWith("a/b", StringComparison.Ordinal) ? $"{Path.GetFileName(folder.Path)}/b" : name)]);

    [Theory]
    [InlineData("adapter")]
    [InlineData("checkpoint")]
    public async Task NothingWrittenHoldsALocalPath(string form)
    {
        foreach (var (place, from) in (ReadOnlySpan<(string, string)>)[("one", "vit-a"), ("two", "vit-b")])
        {
            string adapter = Path.Combine(folder.Path, place, "adapter");
            Directory.CreateDirectory(adapter);
            foreach (string file in Directory.GetFiles(Reference.Adapter(from))) File.Copy(file, Path.Combine(adapter, Path.GetFileName(file)));
        }
        string[] command = ["compose", "--base", Reference.Base, "--adapter", Path.Combine(folder.Path, "one", "adapter"), Path.Combine(folder.Path, "two", "adapter")];

        (await CommandLine.RunAsync([.. command, "--as", form, "--out", folder.At("out")])).Code.Should().Be(0);

        string written = string.Concat(Directory.GetFiles(folder.At("out")).Select(File.ReadAllText));
        written.Should().NotContain(folder.Path).And.NotContain(AppContext.BaseDirectory.TrimEnd('/')).And.Contain("one/adapter");
    }

    [Fact]
    public async Task WeightsOfOneLayerInTwoSpellingsAreRefusedWithBothNames()
    {
        string file = folder.At("w.json");
        File.WriteAllText(file, """
            {"format": "lora-composition-weights-1", "adapters": ["vit-a"], "layers": {
              "vit.layers.0.attention.q_proj": [1], "vit.layers.0.attention.k_proj": [1], "vit.layers.0.attention.v_proj": [1],
              "vit.layers.1.attention.q_proj": [1], "vit.layers.1.attention.k_proj": [1], "vit.layers.1.attention.v_proj": [1],
              "vit.encoder.layer.0.attention.attention.query": [2]}}
            """);
        foreach (string[] way in (string[][])[["--base", Reference.Base], ["--base", Reference.Base, "--method", "weighted"], []])
        {
            var (code, _, errors) = await CommandLine.RunAsync(["compose", .. way, "--adapter", Reference.Adapter("vit-a"), "--weights", file, "--as", "adapter", "--out", folder.At("out")]);
            code.Should().Be(1);
            errors.Should().ContainSingle().Which.Should().Contain("'vit.encoder.layer.0.attention.attention.query'").And.Contain("'vit.layers.0.attention.");
        }
    }

    [Theory]
    [InlineData("1e39,1", "8", "The weight of adapter 'vit-a' is 1E+39, expected one that is finite in float32*")]
    [InlineData("1,1e30", "1e300", "Layer '*': the scaling *E+299 of adapter 'huge' times its weight 1E+30 is infinite*")]
    [InlineData("1,1", "1e300", "Layer '*', composed by 'weighted': the update of adapter 'huge' is NaN or infinite; its training diverged, or its lora_alpha is wrong.")]
    public async Task WithoutABaseTheAdapterIsNamedThatGivesNoNumbers(string weights, string alpha, string message)
    {
        string huge = folder.At("huge");
        Directory.CreateDirectory(huge);
        foreach (string file in Directory.GetFiles(Reference.Adapter("vit-a"))) File.Copy(file, Path.Combine(huge, Path.GetFileName(file)));
        string config = Path.Combine(huge, "adapter_config.json");
        var settings = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(config))!.AsObject();
        settings["lora_alpha"] = double.Parse(alpha, System.Globalization.CultureInfo.InvariantCulture);
        File.WriteAllText(config, settings.ToJsonString());

        var (code, _, errors) = await CommandLine.RunAsync(["compose", "--adapter", Reference.Adapter("vit-a"), huge, "--weights", weights, "--out", folder.At("out")]);

        code.Should().Be(1);
        errors.Should().ContainSingle().Which.Should().Match(message);
        Directory.Exists(folder.At("out")).Should().BeFalse();
    }
}
