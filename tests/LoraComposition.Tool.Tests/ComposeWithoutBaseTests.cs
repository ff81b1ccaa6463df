using System.Text.Json;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tool.Tests;

/// <summary><c>compose</c> without a base model, and with methods.</summary>
public sealed class ComposeWithoutBaseTests : IDisposable
{
    static readonly string[] ab = ["--adapter", Reference.Adapter("vit-a"), Reference.Adapter("vit-b")];

    readonly TemporaryFolder folder = new();
    readonly string output;

    public ComposeWithoutBaseTests() => output = folder.At("out");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("uniform")]
    [InlineData("weighted", "--weights", "0.5,-1")]
    [InlineData("task-arithmetic", "--lambda", "0.4")]
    [InlineData("ties", "--density", "0.3")]
    [InlineData("dare", "--density", "0.5", "--seed", "0")]
    [InlineData("dare-ties", "--density", "0.5", "--seed", "0")]
    [InlineData("magnitude", "--density", "0.3")]
    [InlineData("breadcrumbs", "--density", "0.5", "--gamma", "0.1")]
    [InlineData("knots-ties", "--density", "0.3")]
    [InlineData("knots-mean")]
    [InlineData("core-space-ties", "--density", "0.3")]
    [InlineData("core-space-mean")]
    [InlineData("factor-mean")]
    public async Task EveryMethodGivesTheSameWithAndWithoutABase(string method, params string[] settings)
    {
        var (code, text, errors) = await CommandLine.RunAsync(["compose", .. ab, "--method", method, .. settings, "--energy", "1", "--out", output, "--json"]);
        (code, errors).Should().BeEquivalentTo((0, Array.Empty<string>()));
        JsonDocument.Parse(text).RootElement.GetProperty("method").GetString().Should().Be(method);
        (await CommandLine.RunAsync(["compose", "--base", Reference.Base, .. ab, "--method", method, .. settings, "--energy", "1", "--out", folder.At("with")])).Code.Should().Be(0);
        using var without = LoraAdapter.Load(output);
        using var with = LoraAdapter.Load(folder.At("with"));
        without.Provenance!.Method.Should().Be(method);
        with.Provenance!.Method.Should().Be(method);
        with.Provenance.Settings.Should().BeEquivalentTo(without.Provenance.Settings);
        with.Layers.Keys.Should().Equal(without.Layers.Keys);
        foreach (var (path, delta) in without.Layers)
        {
            using var scope = NewDisposeScope();
            var difference = delta.ToDense() - with.Layers[path].ToDense();
            difference.abs().max().item<float>().Should().BeLessThan(1e-5f, path);
        }
    }

    [Fact]
    public async Task AMethodThatNeedsTheWholeMatrixIsCompressedAndSaysWhatThatLoses()
    {
        var (code, text, _) = await CommandLine.RunAsync(["compose", .. ab, "--method", "ties", "--density", "0.3", "--out", output]);
        code.Should().Be(0);
        text.Should().Contain("by ties, density 0.3.").And.Contain("→").And.Contain("of its length");
        using var adapter = LoraAdapter.Load(output);
        adapter.Layers.Values.Should().OnlyContain(delta => delta.Rank == 8, "the ranks are 4 and 4");
        (await CommandLine.RunAsync(["compose", "--base", Reference.Base, .. ab, "--method", "ties", "--density", "0.3", "--out", folder.At("with")])).Code.Should().Be(0);
        using var with = LoraAdapter.Load(folder.At("with"));
        with.Layers.Values.Should().OnlyContain(delta => delta.Rank == 8);
    }

    [Fact]
    public async Task WithoutAMethodItIsTheMeanOrTheWeightedSum()
    {
        (await CommandLine.RunAsync(["compose", .. ab, "--out", output])).Code.Should().Be(0);
        using (var adapter = LoraAdapter.Load(output)) adapter.Provenance!.Method.Should().Be("uniform");
        (await CommandLine.RunAsync(["compose", .. ab, "--weights", "2,-1", "--out", folder.At("weighted")])).Code.Should().Be(0);
        using (var adapter = LoraAdapter.Load(folder.At("weighted")))
        {
            adapter.Provenance!.Method.Should().Be("weighted");
            adapter.Provenance.Sources.Select(source => source.Weight).Should().Equal(2, -1);
        }
    }

    [Theory]
    [InlineData("--method dare needs --seed", "--method", "dare", "--density", "0.5")]
    [InlineData("--method ties needs --density", "--method", "ties")]
    [InlineData("--method ties: The density must lie in (0, 1].", "--method", "ties", "--density", "1.5")]
    [InlineData("--method ties: The density must lie in (0, 1].", "--method", "ties", "--density", "0")]
    [InlineData("--method ties takes no --seed", "--method", "ties", "--density", "0.5", "--seed", "1")]
    [InlineData("--method soup: expected one of uniform", "--method", "soup")]
    [InlineData("--method arrow: Arrow gives each token weights of its own", "--method", "arrow")]
    [InlineData("--method lorahub: it learns from samples", "--method", "lorahub")]
    [InlineData("--density: this is a setting of a --method", "--density", "0.5")]
    [InlineData("--as checkpoint needs the --base", "--as", "checkpoint")]
    [InlineData("--spelling needs a --base", "--spelling", "v4")]
    [InlineData("--head and --drop-saved exclude each other", "--head", "vit-a", "--drop-saved")]
    public async Task WrongUsageIsOneLine(string problem, params string[] arguments)
    {
        var (code, _, errors) = await CommandLine.RunAsync(["compose", .. ab, "--out", output, .. arguments]);
        code.Should().Be(2);
        errors.Should().ContainSingle().Which.Should().StartWith(problem);
        Directory.Exists(output).Should().BeFalse();
    }

    [Theory]
    [InlineData("adapter 'vit-a' has rank 4, adapter 'vit-c' has 8", "vit-c", "--method", "factor-mean")]
    [InlineData("fisher.safetensors: the file is missing", "vit-b", "--method", "fisher")]
    [InlineData("none of its layers", "t5-a")]
    [InlineData("cannot be averaged: give --head vit-head", "vit-head")]
    public async Task WhatDoesNotGoTogetherIsOneLine(string problem, string other, params string[] arguments)
    {
        var (code, _, errors) = await CommandLine.RunAsync(["compose", "--adapter", Reference.Adapter("vit-a"), Reference.Adapter(other), "--out", output, .. arguments]);
        code.Should().Be(1);
        errors.Should().ContainSingle().Which.Should().Contain(problem);
        Directory.Exists(output).Should().BeFalse();
        Directory.GetFileSystemEntries(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public async Task AHeadIsKeptOrDroppedWhereItIsSaid()
    {
        string[] command = ["compose", "--adapter", Reference.Adapter("vit-a"), Reference.Adapter("vit-head"), "--out"];
        (await CommandLine.RunAsync([.. command, output, "--head", "vit-head"])).Code.Should().Be(0);
        using (var adapter = LoraAdapter.Load(output)) adapter.Head.Should().NotBeNull();
        (await CommandLine.RunAsync([.. command, folder.At("dropped"), "--drop-saved"])).Code.Should().Be(0);
        using (var adapter = LoraAdapter.Load(folder.At("dropped"))) adapter.Head.Should().BeNull();
    }

    [Fact]
    public async Task ACheckpointOfAnotherArchitectureIsMergedIntoAndTakenApartAgain()
    {
        using var scope = NewDisposeScope();
        string @base = Novel(out var weight);
        string[] adapters = ["--adapter", Saved("one", 1), Saved("two", 2)];
        var (code, text, errors) = await CommandLine.RunAsync(["compose", "--base", @base, .. adapters, "--as", "checkpoint", "--out", output]);
        (code, errors).Should().BeEquivalentTo((0, Array.Empty<string>()));
        text.Should().Contain("composed by uniform, into 1 tensors").And.Contain("Rounding to Float32");
        using (var file = SafetensorsFile.Open(Path.Combine(output, "model.safetensors")))
        {
            using var one = LoraAdapter.Load(adapters[1]);
            using var two = LoraAdapter.Load(adapters[2]);
            var expected = weight + (one.Layers["model.layers.0.q_proj"].ToDense() + two.Layers["model.layers.0.q_proj"].ToDense()) / 2;
            (file.Read("model.layers.0.q_proj.weight") - expected).abs().max().item<float>().Should().BeLessThan(1e-6f);
        }
        (code, text, errors) = await CommandLine.RunAsync(["compose", "--base", output, .. adapters, "--unmerge", "--compare", @base, "--out", folder.At("again"), "--json"]);
        (code, errors).Should().BeEquivalentTo((0, Array.Empty<string>()));
        var tensor = JsonDocument.Parse(text).RootElement.GetProperty("tensors")[0];
        tensor.GetProperty("difference").GetDouble().Should().BeLessThanOrEqualTo(tensor.GetProperty("roundingBound").GetDouble());
        File.ReadAllText(Path.Combine(folder.At("again"), "config.json")).Should().Contain("novel");
    }

    [Theory]
    [InlineData(2, "--as adapter needs no --base of this architecture")]
    [InlineData(2, "--rank and --energy are for --as adapter", "--as", "checkpoint", "--rank", "3")]
    [InlineData(2, "--dtype: merging by the names", "--as", "checkpoint", "--dtype", "bfloat16")]
    public async Task WhatMergingByNamesDoesNotDoIsOneLine(int expected, string problem, params string[] arguments)
    {
        var (code, _, errors) = await CommandLine.RunAsync(["compose", "--base", Novel(out _), "--adapter", Saved("one", 1), "--out", output, .. arguments]);
        code.Should().Be(expected);
        errors.Should().ContainSingle().Which.Should().StartWith(problem);
        Directory.Exists(output).Should().BeFalse();
    }

    string Novel(out Tensor weight)
    {
        string @base = folder.At("base");
        Directory.CreateDirectory(@base);
        File.WriteAllText(Path.Combine(@base, "config.json"), "{\"model_type\": \"novel\"}");
        weight = randn(6, 4);
        SafetensorsWriter.Write(Path.Combine(@base, "model.safetensors"), new Dictionary<string, Tensor> { ["model.layers.0.q_proj.weight"] = weight, ["model.norm.weight"] = ones(4) });
        return @base;
    }

    string Saved(string name, int seed)
    {
        using var generator = new Generator((ulong)seed, CPU);
        using var adapter = new LoraAdapter(name, [new("model.layers.0.q_proj", new LoraDelta(randn([2, 4], generator: generator), randn([6, 2], generator: generator), 0.5))]);
        adapter.Save(folder.At(name));
        return folder.At(name);
    }
}
