using System.Text.Json;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Files;
using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.Tool.Tests;

public sealed class ComposeTests : IDisposable
{
    static readonly string[] abc = ["--adapter", Reference.Adapter("vit-a"), "--adapter", Reference.Adapter("vit-b"), "--adapter", Reference.Adapter("vit-c")];

    readonly TemporaryFolder folder = new();
    readonly string output;

    public ComposeTests() => output = Path.Combine(folder.Path, "out");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("uniform", "cat.uniform", "v5")]
    [InlineData("uniform", "cat.uniform", "v4")]
    [InlineData("0.5,0.3,0.2", "cat.weighted", "v5")]
    [InlineData("1,-0.5,0.25", "cat.negated", "v5")]
    public async Task TheAdapterAndTheCheckpointComputeWhatPeftComputes(string weights, string expected, string spelling)
    {
        var (code, _, errors) = await CommandLine.RunAsync(["compose", "--base", Reference.Base, .. abc, "--weights", weights, "--as", "adapter", "--out", output, "--spelling", spelling]);
        (code, errors).Should().BeEquivalentTo((0, Array.Empty<string>()));
        using (var adapter = LoraAdapter.Load(output))
        {
            ShouldCompute(Reference.Base, adapter, expected);
            adapter.Layers.Keys.Should().OnlyContain(path => path.StartsWith(spelling == "v5" ? "vit.layers." : "vit.encoder.layer."));
            adapter.Provenance!.Sources.Select(source => source.Name).Should().Equal("vit-a", "vit-b", "vit-c");
            adapter.Provenance.Sources.Should().OnlyContain(source => source.Fingerprint != null);
        }

        string merged = Path.Combine(folder.Path, "merged");
        (await CommandLine.RunAsync(["compose", "--base", Reference.Base, .. abc, "--weights", weights, "--as", "checkpoint", "--out", merged])).Code.Should().Be(0);
        ShouldCompute(merged, null, expected);
        using (var file = SafetensorsFile.Open(Path.Combine(merged, "model.safetensors"))) file.Metadata.Values.Should().Contain(text => text.Contains("vit-b"));
    }

    [Fact]
    public async Task TheSameCommandGivesTheSameBytes()
    {
        string again = Path.Combine(folder.Path, "again", "out");
        foreach (string place in (string[])[output, again])
            (await CommandLine.RunAsync(["compose", "--base", Reference.Base, .. abc, "--as", "adapter", "--out", place])).Code.Should().Be(0);

        foreach (string file in Directory.GetFiles(output))
            File.ReadAllBytes(file).Should().Equal(File.ReadAllBytes(Path.Combine(again, Path.GetFileName(file))), Path.GetFileName(file));
    }

    [Fact]
    public async Task WeightsForEachLayerComeFromAFileInWhateverOrder()
    {
        string file = Path.Combine(folder.Path, "weights.json");
        using (var model = VisionTransformer.Load(Reference.Base))
        {
            var adapters = new[] { "vit-c", "vit-a", "vit-b" }.Select(name => LoraAdapter.Load(Reference.Adapter(name))).ToArray();
            using (var composition = Composition.AttachWeighted(model, adapters, [0.2, 0.5, 0.3])) composition.ToWeights().Save(file);
            foreach (var adapter in adapters) adapter.Dispose();
        }

        (await CommandLine.RunAsync(["compose", "--base", Reference.Base, .. abc, "--weights", file, "--as", "checkpoint", "--out", output])).Code.Should().Be(0);

        ShouldCompute(output, null, "cat.weighted");
    }

    [Fact]
    public async Task CompressionReportsWhatIsLost()
    {
        var (code, text, _) = await CommandLine.RunAsync(["compose", "--base", Reference.Base, .. abc, "--as", "adapter", "--rank", "3", "--out", output, "--json"]);

        code.Should().Be(0);
        var report = JsonDocument.Parse(text).RootElement;
        report.GetProperty("compression").EnumerateArray().Should().HaveCount(6).And.OnlyContain(layer =>
            layer.GetProperty("rank").GetInt32() == 3 && layer.GetProperty("rankBefore").GetInt32() == 16 && layer.GetProperty("retainedEnergy").GetDouble() < 1 && layer.GetProperty("relativeError").GetDouble() > 0);
        report.GetProperty("compressionError").GetProperty("largest").GetDouble().Should().BeGreaterThan(0);
        report.GetProperty("writtenError").GetProperty("relative").GetDouble().Should().BeLessThan(1e-5);
        using var adapter = LoraAdapter.Load(output);
        adapter.Layers.Values.Should().OnlyContain(delta => delta.Rank == 3);
    }

    [Fact]
    public async Task SixteenBitsHalveTheFileAndTheErrorIsMeasured()
    {
        var (code, text, _) = await CommandLine.RunAsync(["compose", "--base", Reference.Base, .. abc, "--as", "adapter", "--dtype", "bfloat16", "--out", output, "--json"]);

        code.Should().Be(0);
        JsonDocument.Parse(text).RootElement.GetProperty("writtenError").GetProperty("relative").GetDouble().Should().BeInRange(1e-5, 0.05);
        using var file = SafetensorsFile.Open(Path.Combine(output, "adapter_model.safetensors"));
        file.Tensors.Values.Should().OnlyContain(tensor => tensor.Dtype == ScalarType.BFloat16);
    }

    [Fact]
    public async Task AFolderThatIsNotEmptyIsKeptWithoutForce()
    {
        Directory.CreateDirectory(output);
        File.WriteAllText(Path.Combine(output, "mine.txt"), "kept");
        string[] command = ["compose", "--base", Reference.Base, .. abc, "--as", "adapter", "--out", output];

        var (code, _, errors) = await CommandLine.RunAsync(command);

        code.Should().Be(2);
        errors.Should().ContainSingle().Which.Should().Contain("--force");
        Directory.GetFiles(output).Should().ContainSingle();

        (await CommandLine.RunAsync([.. command, "--force"])).Code.Should().Be(0);
        File.ReadAllText(Path.Combine(output, "mine.txt")).Should().Be("kept");
        using var adapter = LoraAdapter.Load(output);
    }

    [Theory]
    [InlineData(1, "reject-dora", "DoRA", "--as", "adapter")]
    [InlineData(1, "none", "does not exist", "--as", "adapter")]
    [InlineData(2, "vit-a", "--as", "--as", "novel")]
    [InlineData(2, "vit-a", "--weights", "--as", "adapter", "--weights", "0.5,0.5")]
    [InlineData(2, "vit-a", "--weights", "--as", "adapter", "--weights", "NaN")]
    [InlineData(2, "vit-a", "--weights", "--as", "adapter", "--weights", "missing.json")]
    [InlineData(2, "vit-a", "--rank", "--as", "adapter", "--rank", "0")]
    [InlineData(2, "vit-a", "--energy", "--as", "adapter", "--energy", "1.5")]
    [InlineData(2, "vit-a", "--rank", "--as", "adapter", "--energy", "0.5", "--rank", "3")]
    [InlineData(2, "vit-a", "--rank", "--as", "checkpoint", "--rank", "3")]
    [InlineData(2, "vit-a", "--spelling", "--as", "adapter", "--spelling", "v6")]
    [InlineData(2, "vit-a", "--dtype", "--as", "adapter", "--dtype", "int4")]
    public async Task ARefusalIsOneLineAndWritesNothing(int expected, string adapter, string names, params string[] options)
    {
        var (code, printed, errors) = await CommandLine.RunAsync(["compose", "--base", Reference.Base, "--adapter", Reference.Adapter(adapter), "--out", output, .. options]);

        code.Should().Be(expected);
        errors.Should().ContainSingle().Which.Should().Contain(names);
        printed.Should().BeEmpty();
        Directory.GetFileSystemEntries(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public async Task Verbose_writes_what_is_done_to_standard_error()
    {
        var (code, text, errors) = await CommandLine.RunAsync("compose", "--verbose", "--json", "--base", Reference.Base, "--adapter", Reference.Adapter("vit-a"), "--as", "adapter", "--out", output);

        code.Should().Be(0);
        string.Join("\n", errors).Should().ContainAll("Information: Loaded VisionTransformer as Float32", "Information: Loaded adapter 'vit-a'", "Information: Attached to", "Debug: Layer '");
        JsonDocument.Parse(text).Dispose();
    }

    [Fact]
    public async Task A_warning_comes_once()
    {
        string odd = folder.At("odd"), other = folder.At("other");
        foreach (string place in (string[])[odd, other])
        {
            using var adapter = LoraAdapter.Load(Reference.Adapter("vit-head"));
            adapter.Save(place);
            string config = Path.Combine(place, "adapter_config.json");
            File.WriteAllText(config, File.ReadAllText(config).Replace("\"revision\": null", "\"revision\": \"0123abc\"").Replace("\"r\": ", "\"r\": 1"));
        }
        foreach (string[] verbose in (string[][])[[], ["--verbose"]])
        {
            var (code, text, errors) = await CommandLine.RunAsync(["compose", "--base", Reference.Base, "--adapter", odd, other, "--as", "adapter", "--out", output, "--force", .. verbose]);

            code.Should().Be(0, string.Join('\n', errors));
            string[] warnings = [.. text.Split('\n').Concat(errors).Where(line => line.StartsWith("warning: ", StringComparison.OrdinalIgnoreCase)).Select(line => line["warning: ".Length..])];
            warnings.Should().OnlyHaveUniqueItems();
            foreach (string what in (string[])["saved head", "'odd' was trained on revision", "'other' was trained on revision", "'odd': layer", "'other': layer"])
                warnings.Should().ContainSingle(warning => warning.Contains(what), what);
        }
    }

    [Fact]
    public async Task The_second_of_two_runs_into_one_place_is_refused()
    {
        string[] command = ["compose", "--base", Reference.Base, .. abc, "--as", "adapter", "--out", output];
        var settings = new ComposeSettings
        {
            Base = Reference.Base,
            Adapters = [Reference.Adapter("vit-a")],
            Weights = WeightChoice.Parse("uniform", 1),
            Form = ComposeForm.Adapter,
            Compression = null,
            Out = output,
            Replace = false,
            Spelling = ModuleSpelling.Transformers5,
            Dtype = ScalarType.Float32,
        };
        // The first has finished when the second, which found the place free, has all to write.
        (await CommandLine.RunAsync(command)).Code.Should().Be(0);
        string[] before = FolderState.Of(output);

        FluentActions.Invoking(() => ComposeJob.Run(settings, null, FewShot.NullProgressReporter.Instance, default)).Should().Throw<IOException>().WithMessage("*another run*");

        FolderState.Of(output).Should().Equal(before);
        Directory.GetFileSystemEntries(folder.Path).Should().Equal(output);
    }

    [Fact]
    public async Task What_a_killed_run_left_is_removed_and_named()
    {
        string leftover = folder.At(".abcdefgh.xyz.tmp");
        Directory.CreateDirectory(leftover);
        Directory.SetLastWriteTimeUtc(leftover, DateTime.UtcNow.AddHours(-2));

        var (code, text, _) = await CommandLine.RunAsync(["compose", "--base", Reference.Base, .. abc, "--as", "adapter", "--out", output]);

        code.Should().Be(0);
        text.Should().Contain($"warning: Removed {leftover}, which a run left that was killed.");
        Directory.GetFileSystemEntries(folder.Path).Should().Equal(output);
    }

    [Fact]
    public async Task VerboseAddsTheStackTrace()
    {
        var (code, _, errors) = await CommandLine.RunAsync("compose", "--verbose", "--base", Reference.Base, "--adapter", Reference.Adapter("reject-bias"), "--as", "adapter", "--out", output);

        code.Should().Be(1);
        errors.Should().Contain(line => line.TrimStart().StartsWith("at LoraComposition."));
    }

    // Apart from the tests' awaits: scopes and the gradient mode belong to a thread.
    static void ShouldCompute(string folder, LoraAdapter? adapter, string expected)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = VisionTransformer.Load(folder);
        using var attached = adapter is null ? null : Composition.AttachUniform(model, [adapter]);
        (model.call(Reference.Pixels()) - Reference.Logits(expected)).abs().max().item<float>().Should().BeLessThan(1e-4f);
    }
}
