using LoraComposition.Tests.Adapters;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using TemporaryFolder = LoraComposition.Tests.Files.TemporaryFolder;

namespace LoraComposition.Tests.Merging;

/// <summary>Adapters of any architecture are composed from their files, and an independent reader of PEFT's format finds what was composed.</summary>
public sealed class AdapterMergeTests : IDisposable
{
    static readonly AdapterLoadOptions any = new() { AnyArchitecture = true };
    static readonly MergeMethod[] methods = [new MeanMerge(), new WeightedMerge(0.5), new TiesMerge(0.5), new DareMerge(0.5, 3), new KnotsMerge(0.5), new CoreSpaceMerge(0.5), new MagnitudeMerge(0.3)];

    readonly TemporaryFolder folder = new();
    readonly List<AdapterFile> opened = [];

    public void Dispose()
    {
        opened.ForEach(file => file.Dispose());
        folder.Dispose();
    }

    public static TheoryData<string> Layouts => [.. ArchitectureLayout.All.Select(layout => layout.Name)];

    AdapterFile Open(ArchitectureLayout layout, string name, int seed, long rank = 2, string[]? saved = null, Action<Dictionary<string, Tensor>>? change = null)
    {
        var file = AdapterFile.Open(layout.Write(folder.File(name), seed, rank, alpha: 3, saved: saved, change: change), name, any);
        opened.Add(file);
        return file;
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void What_is_written_is_what_the_method_makes_of_each_layer(string name)
    {
        using var scope = NewDisposeScope();
        var layout = ArchitectureLayout.Called(name);
        AdapterFile[] adapters = [Open(layout, "a", 1), Open(layout, "b", 2, rank: 3)];
        foreach (var method in methods)
        {
            var merge = new AdapterMerge(adapters, method);
            string output = folder.File($"out-{method.Name}");
            var report = merge.Save(output);
            var peft = new IndependentPeft(output);
            peft.BaseModel.Should().Be($"some/{name}");
            var updates = peft.Updates(layout.Weights, ArchitectureLayout.IsEmbedding);
            foreach (var (layer, found) in updates)
            {
                LoraDelta[] modules = [.. adapters.Select(adapter => adapter.Read(layer))];
                using var expected = method.Merge(new MergeLayer(layer, modules));
                var whole = ArchitectureLayout.IsEmbedding(layer) ? expected.ToDense().t().contiguous() : expected.ToDense();
                var difference = tensor(found).sub(whole.to(ScalarType.Float64).flatten());
                double error = difference.norm().item<double>() / whole.norm().item<float>();
                error.Should().BeApproximately(report.Single(entry => entry.Path == layer).RelativeError, 1e-5, $"{method.Name}, {layer}");
                if (expected.IsFactored) error.Should().BeLessThan(1e-6);
                foreach (var module in modules) module.Dispose();
            }
            using var again = AdapterFile.Open(output, options: any);
            again.Provenance!.Method.Should().Be(method.Name);
            again.Provenance.Settings.Should().BeEquivalentTo(method.Settings);
            again.Provenance.Sources.Select(source => (source.Name, source.Fingerprint)).Should().Equal(adapters.Select(adapter => (adapter.Name, (string?)adapter.Fingerprint)));
        }
    }

    [Fact]
    public void The_mean_from_files_is_the_mean_on_a_model()
    {
        using var scope = NewDisposeScope();
        string[] names = ["vit-a", "vit-b", "vit-c"];
        opened.AddRange(names.Select(name => AdapterFile.Open(Fixture.Path("peft", name))));
        foreach (var method in (MergeMethod[])[new MeanMerge(), new DareMerge(0.5, 4), new TiesMerge(0.3)])
        {
            new AdapterMerge(opened, method).Save(folder.File("out"), new AdapterMergeOptions { Compression = RankTarget.Energy(1) });
            using var written = LoraAdapter.Load(folder.File("out"));
            using var model = Fixture.Vit();
            using var composition = Composition.AttachMerged(model, Fixture.Adapters(), method);
            foreach (var (site, layer) in composition.Layers)
            {
                using var delta = layer.ToDelta();
                written.Layers[site.Path].ToDense().ShouldBeClose(delta.ToDense(), 1e-5, $"{method.Name}, {site.Path}");
            }
        }
    }

    [Fact]
    public void Weights_by_layer_and_the_same_bytes_again()
    {
        using var scope = NewDisposeScope();
        var layout = ArchitectureLayout.Called("llama");
        AdapterFile[] adapters = [Open(layout, "a", 1), Open(layout, "b", 2)];
        IReadOnlyList<double> Weights(string layer) => layer.Contains("down") ? [1, -1] : [0.5, 0.25];
        foreach (string output in (string[])["one", "two"]) new AdapterMerge(adapters, new WeightedMerge(), Weights).Save(folder.File(output));
        foreach (string file in Directory.GetFiles(folder.File("one"))) File.ReadAllBytes(file).Should().Equal(File.ReadAllBytes(Path.Combine(folder.File("two"), Path.GetFileName(file))));
        using var written = AdapterFile.Open(folder.File("one"), options: any);
        written.Provenance!.Sources[1].LayerWeights["model.layers.10.mlp.down_proj"].Should().Be(-1);
        using LoraDelta a = adapters[0].Read("model.layers.10.mlp.down_proj"), b = adapters[1].Read("model.layers.10.mlp.down_proj"), sum = written.Read("model.layers.10.mlp.down_proj");
        sum.ToDense().ShouldBeClose(a.ToDense().sub(b.ToDense()), 1e-6);
    }

    [Fact]
    public void A_layer_that_one_adapter_leaves_alone_counts_as_zero()
    {
        using var scope = NewDisposeScope();
        var layout = ArchitectureLayout.Called("llama");
        const string Layer = "model.layers.0.self_attn.v_proj";
        var whole = Open(layout, "a", 1);
        var part = Open(layout, "b", 2, change: tensors =>
        {
            foreach (string key in tensors.Keys.Where(key => key.Contains(Layer)).ToArray()) tensors.Remove(key);
        });
        using var merged = new AdapterMerge([whole, part], new MeanMerge()).Merge(Layer);
        using var alone = whole.Read(Layer);
        merged.ToDense().ShouldBeClose(alone.ToDense().div(2), 1e-6);
    }

    [Fact]
    public void Saved_modules_that_differ_are_refused_until_something_says_whose_to_keep()
    {
        var layout = ArchitectureLayout.Called("bert");
        static Action<Dictionary<string, Tensor>> With(float value) => tensors => tensors["base_model.model.classifier.weight"] = full([2, 6], value);
        AdapterFile[] adapters = [Open(layout, "a", 1, saved: ["classifier"], change: With(1)), Open(layout, "b", 2, saved: ["classifier"], change: With(2)), Open(layout, "c", 3)];
        Refused(() => new AdapterMerge(adapters, new MeanMerge()).Save(folder.File("out"))).Should().Contain("'classifier.weight'").And.Contain("--head a").And.Contain("--drop-saved");
        Directory.Exists(folder.File("out")).Should().BeFalse();
        new AdapterMerge(adapters, new MeanMerge()).Save(folder.File("out"), new AdapterMergeOptions { SavedFrom = "b" });
        new IndependentPeft(folder.File("out")).Saved()["classifier.weight"].Should().OnlyContain(value => value == 2);
        new AdapterMerge(adapters, new MeanMerge()).Save(folder.File("dropped"), new AdapterMergeOptions { DropSaved = true });
        new IndependentPeft(folder.File("dropped")).Saved().Should().BeEmpty();
        new AdapterMerge([adapters[0], Open(layout, "d", 4, saved: ["classifier"], change: With(1))], new MeanMerge()).Save(folder.File("alike"));
        new IndependentPeft(folder.File("alike")).Saved()["classifier.weight"].Should().OnlyContain(value => value == 1);
        Refused(() => new AdapterMerge(adapters, new MeanMerge()).Save(folder.File("none"), new AdapterMergeOptions { SavedFrom = "c" })).Should().Contain("saved no module");
    }

    [Fact]
    public void Adapters_that_do_not_go_together_are_refused_by_file()
    {
        var llama = Open(ArchitectureLayout.Called("llama"), "llama", 1);
        var qwen = Open(ArchitectureLayout.Called("qwen"), "qwen", 2);
        Refused(() => _ = new AdapterMerge([llama, qwen], new MeanMerge())).Should().Contain(qwen.WeightsPath).And.Contain("none of its layers").And.Contain("--base");
        var other = ArchitectureLayout.Called("llama") with { Name = "llama-3" };
        Refused(() => _ = new AdapterMerge([llama, Open(other, "third", 3)], new MeanMerge())).Should().Contain("'some/llama-3'").And.Contain("'some/llama'").And.Contain("--any-base");
        new AdapterMerge([llama, opened[^1]], new MeanMerge(), anyBase: true).Layers.Should().HaveCount(3);
        var wide = ArchitectureLayout.Called("llama") with { Weights = new Dictionary<string, long[]> { ["model.layers.0.self_attn.q_proj"] = [8, 7], ["model.layers.0.self_attn.v_proj"] = [4, 6], ["model.layers.10.mlp.down_proj"] = [6, 10] } };
        Refused(() => _ = new AdapterMerge([llama, Open(wide, "wide", 4)], new MeanMerge())).Should().Contain("'model.layers.0.self_attn.q_proj'").And.Contain("[8, 7]").And.Contain("[8, 6]");
    }

    [Fact]
    public void Unequal_ranks_are_named_and_nothing_is_half_written()
    {
        var layout = ArchitectureLayout.Called("llama");
        AdapterFile[] adapters = [Open(layout, "a", 1), Open(layout, "b", 2, rank: 3)];
        var save = () => { new AdapterMerge(adapters, new FactorMeanMerge()).Save(folder.File("out")); };
        save.Should().Throw<ArgumentException>().WithMessage("*adapter 'a' has rank 2, adapter 'b' has 3*");
        Directory.Exists(folder.File("out")).Should().BeFalse();
    }

    [Fact]
    public void It_stops_between_two_layers()
    {
        var layout = ArchitectureLayout.Called("llama");
        using var source = new CancellationTokenSource();
        var progress = new Stop(source);
        var save = () => { new AdapterMerge([Open(layout, "a", 1), Open(layout, "b", 2)], new MeanMerge()).Save(folder.File("out"), progress: progress, cancellation: source.Token); };
        save.Should().Throw<OperationCanceledException>();
        progress.Seen.Should().Be(1);
        Directory.Exists(folder.File("out")).Should().BeFalse();
        Directory.GetFiles(folder.Path).Should().BeEmpty("nothing is left beside it");
    }

    static string Refused(Action action) => action.Should().Throw<AdapterException>().Which.Message;

    sealed class Stop(CancellationTokenSource source) : IProgress<WorkProgress>
    {
        public long Seen { get; private set; }

        public void Report(WorkProgress value)
        {
            Seen = value.Done;
            source.Cancel();
        }
    }
}
