using System.Text;
using LoraComposition.Files;
using LoraComposition.Fuzzing;
using LoraComposition.Models;
using LoraComposition.Tests.Files;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using TemporaryFolder = LoraComposition.Tests.Files.TemporaryFolder;

namespace LoraComposition.Tests.Models;

/// <summary>Updates in the files of a model that nothing here knows: the changed numbers are those of a simple merge in memory, all other bytes those of before.</summary>
public sealed class CheckpointMergeTests : IDisposable
{
    const string Query = "model.layers.0.self_attn.q_proj", Down = "model.layers.1.mlp.down_proj", Table = "model.embed_tokens", Conv = "model.vision.proj";

    readonly TemporaryFolder folder = new();
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    static readonly AdapterLayer[] layers =
    [
        Layer(Query, 8, 6), Layer(Down, 6, 10), Layer(Table, 6, 11, AdapterLayerKind.Embedding), Layer(Conv, 5, 4, AdapterLayerKind.Convolution),
    ];

    string Base => folder.File("base");

    string Out => folder.File("out");

    [Theory]
    [InlineData(ScalarType.Float32, false)]
    [InlineData(ScalarType.BFloat16, false)]
    [InlineData(ScalarType.Float16, true)]
    [InlineData(ScalarType.BFloat16, true)]
    public void Every_byte_is_that_of_a_simple_merge_in_memory(ScalarType dtype, bool sharded)
    {
        var tensors = Model(dtype);
        string[] files = Write(tensors, sharded);
        File.WriteAllText(Path.Combine(Base, "config.json"), """{ "model_type": "unknown" }""");
        File.WriteAllText(Path.Combine(Base, "tokenizer.json"), "{ }");
        foreach (string other in (string[])["pytorch_model.bin", "consolidated.safetensors", ".gitattributes"]) File.WriteAllText(Path.Combine(Base, other), "x");
        var progress = new ProgressList();

        var merged = CheckpointMerge.Write(Base, Out, layers, Update, progress: progress);

        Directory.GetFiles(Out).Select(Path.GetFileName).Should().BeEquivalentTo([.. files, "config.json", "tokenizer.json", .. sharded ? ["model.safetensors.index.json"] : Array.Empty<string>()]);
        foreach (var layer in layers)
        {
            using var update = Delta(layer);
            var change = layer.Kind == AdapterLayerKind.Embedding ? update.ToDense().t() : update.ToDense();
            var old = tensors[layer.Path + ".weight"];
            tensors[layer.Path + ".weight"] = old.to(ScalarType.Float32).add(change.view_as(old)).to(dtype);
        }
        var written = Directory.GetFiles(Out).ToDictionary(path => Path.GetFileName(path)!, File.ReadAllBytes);
        Write(tensors, sharded);
        foreach (var (name, bytes) in written) bytes.Should().Equal(File.ReadAllBytes(Path.Combine(Base, name)), name);
        merged.Select(tensor => (tensor.Name, tensor.Layer, tensor.Dtype)).Should().BeEquivalentTo(layers.Select(layer => (layer.Path + ".weight", layer.Path, dtype)));
        progress.Reports.Should().Equal(ProgressList.Steps(tensors.Count));
    }

    [Theory]
    [InlineData("vit.layers.1.attention.q_proj", "vit.encoder.layer.1.attention.attention.query")]
    [InlineData("vit.encoder.layer.1.attention.attention.value", "vit.layers.1.attention.v_proj")]
    [InlineData("layers.0.attention.o_proj", "vit.encoder.layer.0.attention.output.dense")]
    [InlineData("vit.layers.10.mlp.fc1", "encoder.layer.10.intermediate.dense")]
    [InlineData("encoder.layer.2.output.dense", "layers.2.mlp.fc2")]
    [InlineData("layers.2.attention.k_proj", "encoder.layer.2.attention.attention.key")]
    [InlineData("deit.layers.2.attention.k_proj", "deit.encoder.layer.2.attention.attention.key")]
    public void A_layer_of_a_vit_is_found_by_the_name_of_either_transformers(string ofAdapter, string ofCheckpoint)
    {
        var weight = ones(3, 2);
        WriteOne(ofCheckpoint + ".weight", weight);
        var layer = Layer(ofAdapter, 3, 2);

        CheckpointMerge.Write(Base, Out, [layer], Update).Single().Name.Should().Be(ofCheckpoint + ".weight");

        using var update = Delta(layer);
        using var written = SafetensorsFile.Open(Path.Combine(Out, "model.safetensors"));
        written.Read(ofCheckpoint + ".weight").ShouldBeIdentical(weight.add(update.ToDense()));
    }

    [Fact]
    public void The_names_of_a_vits_layers_are_those_that_the_model_has()
    {
        using var model = new VisionTransformer(new VitConfig { LayerCount = 2 }, META);
        foreach (var site in model.Sites.Where(site => site.Path.Contains("layers.", StringComparison.Ordinal)))
        {
            VitModuleNames.Other(site.Path).Should().Be(site.PathIn(ModuleSpelling.Transformers4));
            VitModuleNames.Other(site.PathIn(ModuleSpelling.Transformers4)).Should().Be(site.Path);
        }
    }

    [Fact]
    public void A_shard_that_no_layer_touches_is_the_same_file()
    {
        string[] files = Write(Model(ScalarType.BFloat16), sharded: true);
        CheckpointMerge.Write(Base, Out, [layers[0]], Update);
        var same = files.Where(name => File.ReadAllBytes(Path.Combine(Out, name)).SequenceEqual(File.ReadAllBytes(Path.Combine(Base, name))));
        same.Should().Equal(files.Skip(1));
    }

    [Theory]
    [InlineData(ScalarType.Float32, AdapterLayerKind.Linear)]
    [InlineData(ScalarType.BFloat16, AdapterLayerKind.Linear)]
    [InlineData(ScalarType.BFloat16, AdapterLayerKind.Embedding)]
    public void A_weight_that_is_merged_in_pieces_is_that_merged_at_once(ScalarType dtype, AdapterLayerKind kind)
    {
        // More numbers than are computed at once.
        var layer = Layer("large", 2100, 2050, kind);
        var weight = randn(kind == AdapterLayerKind.Embedding ? [2050, 2100] : [2100, 2050], generator: new Generator(1, CPU)).to(dtype);
        Directory.CreateDirectory(Base);
        SafetensorsWriter.Write(Path.Combine(Base, "model.safetensors"), new Dictionary<string, Tensor> { ["large.weight"] = weight });
        CheckpointMerge.Write(Base, Out, [layer], Update);
        var change = Delta(layer).ToDense();
        using var file = SafetensorsFile.Open(Path.Combine(Out, "model.safetensors"));
        file.Read("large.weight").ShouldBeIdentical(weight.to(ScalarType.Float32).add(kind == AdapterLayerKind.Embedding ? change.t() : change).to(dtype));
    }

    [Fact]
    public void A_whole_update_is_added_as_it_is()
    {
        var tensors = Model(ScalarType.Float32);
        Write(tensors, sharded: false);
        var whole = randn(6, 11, ScalarType.Float64);
        CheckpointMerge.Write(Base, Out, [layers[2]], _ => new LayerUpdate(whole.clone()));
        using var file = SafetensorsFile.Open(Path.Combine(Out, "model.safetensors"));
        file.Read(Table + ".weight").ShouldBeIdentical(tensors[Table + ".weight"].add(whole.to(ScalarType.Float32).t()));
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void A_subtraction_gives_the_model_back_within_the_error_that_it_states(ScalarType dtype)
    {
        var tensors = Model(dtype);
        Write(tensors, sharded: true);
        var merge = CheckpointMerge.Write(Base, Out, layers, Update, new() { CompareWith = Base });
        merge.Should().OnlyContain(tensor => tensor.Difference > 0.01, "the update itself is the difference");
        var back = CheckpointMerge.Write(Out, folder.File("back"), layers, Update, new() { Subtract = true, CompareWith = Base });
        back.Should().OnlyContain(tensor => tensor.Difference <= tensor.RoundingBound);
        back.Max(tensor => tensor.Difference / tensor.RoundingBound).Should().BeGreaterThan(0.1, "the statement is not far from what is found");
        double place = dtype switch { ScalarType.Float32 => 23, ScalarType.Float16 => 10, _ => 7 };
        foreach (var tensor in back)
        {
            using var file = SafetensorsFile.Open(Directory.GetFiles(folder.File("back"), "*.safetensors").Single(path => Holds(path, tensor.Name)));
            var read = file.Read(tensor.Name);
            tensor.Difference.Should().Be(read.Distance(tensors[tensor.Name]));
            tensor.RoundingBound.Should().BeLessThan(4 * Math.Pow(2, -place) * Math.Max(1, tensors[tensor.Name].abs().max().to(ScalarType.Float64).item<double>() + 20));
        }

        static bool Holds(string path, string name)
        {
            using var file = SafetensorsFile.Open(path);
            return file.Tensors.ContainsKey(name);
        }
    }

    [Fact]
    public void The_statement_counts_the_rounding_of_the_merge_too()
    {
        // The sum is a thousand times larger than what comes back, and so is its rounding.
        WriteOne("a.weight", full([3, 2], 0.0123, ScalarType.BFloat16));
        LayerUpdate Large(AdapterLayer _) => new(full([3, 2], 12.3456, ScalarType.Float32));
        var merge = CheckpointMerge.Write(Base, Out, [Layer("a", 3, 2)], Large).Single();
        var back = CheckpointMerge.Write(Out, folder.File("back"), [Layer("a", 3, 2)], Large, new() { Subtract = true, CompareWith = Base }).Single();
        merge.RoundingBound.Should().BeApproximately(Math.Pow(2, 3 - 8), 1e-6, "numbers from 8 to 16 have places of 2⁻⁴ in bfloat16");
        merge.Difference.Should().BeNull();
        back.Difference.Should().BeInRange(0.001, back.RoundingBound);
        back.RoundingBound.Should().BeGreaterThan(merge.RoundingBound);
    }

    [Theory]
    [InlineData("model.layers.0.q", "layers.0.q.weight")]
    [InlineData("layers.0.q", "model.layers.0.q.weight")]
    [InlineData("bert.layers.0.q", "layers.0.q.weight")]
    public void One_front_part_may_be_missing_or_more(string path, string name)
    {
        WriteOne(name, ones(3, 2));
        CheckpointMerge.Write(Base, Out, [Layer(path, 3, 2)], Update).Should().ContainSingle().Which.Name.Should().Be(name);
    }

    [Fact]
    public void A_model_of_diffusers_is_found_by_its_own_file_name()
    {
        WriteOne("a.weight", ones(3, 2));
        File.Move(Path.Combine(Base, "model.safetensors"), Path.Combine(Base, "diffusion_pytorch_model.safetensors"));
        CheckpointMerge.Write(Base, Out, [Layer("a", 3, 2)], Update);
        Directory.GetFiles(Out).Select(Path.GetFileName).Should().Equal("diffusion_pytorch_model.safetensors");
    }

    [Theory]
    [InlineData("missing", "*model.safetensors: tensor 'a.weight', the weight of the adapter's layer 'a', is missing*")]
    [InlineData("missing in one", "*tensor 'b.weight', the weight of the adapter's layer 'b', is missing*")]
    [InlineData("two front parts", "*layer 'a' could be 'x.a.weight' or 'y.a.weight'*")]
    [InlineData("two parts in front", "*tensor 'a.weight', the weight of*is missing*")]
    [InlineData("other shape", "*tensor 'a.weight': expected [3, 2] for the update of layer 'a', found [3, 4]; the adapter belongs to another model*")]
    [InlineData("more dimensions", "*tensor 'a.weight': expected [3, 2] for the update of layer 'a', found [3, 2, 1, 1]*")]
    [InlineData("transposed", "*tensor 'a.weight' [2, 3] is kept transposed, as GPT-2's layer Conv1D keeps it*")]
    [InlineData("square of GPT-2", "*tensor 'h.0.attn.c_proj.weight' [3, 3] is kept transposed*")]
    [InlineData("float64", "*tensor 'a.weight' is Float64, expected Float32, Float16 or BFloat16*")]
    [InlineData("quantised", "*the model is quantised (8 bits): tensor 'a.weight' is Int8*")]
    [InlineData("tied", "*tensor 'a.weight' is the model's output layer too*")]
    [InlineData("NaN in the base", "*tensor 'a.weight' holds NaN or infinite numbers*")]
    [InlineData("too large", "*tensor 'a.weight' with the update of layer 'a' is too large for Float16*")]
    [InlineData("NaN in the update", "The update of layer 'a' holds NaN or infinite numbers*")]
    [InlineData("nothing to compare with", "*tensor 'a.weight': expected floating-point numbers [3, 2] to compare with, found none*")]
    [InlineData("no model", "*model.safetensors: the file is missing*")]
    public void What_does_not_fit_is_refused_by_name_and_nothing_is_written(string problem, string message)
    {
        var layer = Layer("a", 3, 2);
        var options = new CheckpointMergeOptions();
        AdapterLayer[] wanted = [layer];
        switch (problem)
        {
            case "missing": WriteOne("other.weight", ones(3, 2)); break;
            case "missing in one":
                WriteOne("a.weight", ones(3, 2));
                wanted = [layer, Layer("b", 3, 2)];
                break;
            case "two front parts": WriteOne("x.a.weight", ones(3, 2), ("y.a.weight", ones(3, 2))); break;
            case "two parts in front": WriteOne("x.y.a.weight", ones(3, 2)); break;
            case "other shape": WriteOne("a.weight", ones(3, 4)); break;
            case "more dimensions": WriteOne("a.weight", ones(3, 2, 1, 1)); break;
            case "transposed": WriteOne("a.weight", ones(2, 3)); break;
            case "square of GPT-2":
                WriteOne("h.0.attn.c_proj.weight", ones(3, 3));
                File.WriteAllText(Path.Combine(Base, "config.json"), """{"model_type": "gpt2"}""");
                wanted = [Layer("transformer.h.0.attn.c_proj", 3, 3)];
                break;
            case "float64": WriteOne("a.weight", ones([3, 2], ScalarType.Float64)); break;
            case "quantised": WriteOne("a.weight", ones([3, 2], ScalarType.Int8)); break;
            case "tied":
                WriteOne("a.weight", ones(2, 3));
                File.WriteAllText(Path.Combine(Base, "config.json"), """{"tie_word_embeddings": true}""");
                wanted = [layer with { Kind = AdapterLayerKind.Embedding }];
                break;
            case "NaN in the base": WriteOne("a.weight", full(3, 2, float.NaN)); break;
            case "too large": WriteOne("a.weight", full([3, 2], 65504, ScalarType.Float16)); break;
            case "nothing to compare with":
                WriteOne("other.weight", ones(3, 2));
                Directory.Move(Base, folder.File("compared"));
                WriteOne("a.weight", ones(3, 2));
                options = options with { CompareWith = folder.File("compared") };
                break;
            case "no model": Directory.CreateDirectory(Base); break;
            default: WriteOne("a.weight", ones(3, 2)); break;
        }
        var merge = () => CheckpointMerge.Write(Base, Out, wanted, asked => problem switch
        {
            "too large" => new LayerUpdate(full(3, 2, 65504f)),
            "NaN in the update" => new LayerUpdate(full(3, 2, float.NaN)),
            _ => Update(asked),
        }, options);
        merge.Should().Throw<LoraCompositionException>().WithMessage(message);
        Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Should().BeSubsetOf(["base", "compared"]);
    }

    [Fact]
    public void What_is_cancelled_leaves_nothing()
    {
        Write(Model(ScalarType.Float32), sharded: true);
        using var source = new CancellationTokenSource();
        var progress = new ProgressList(done => { if (done.Done == 3) source.Cancel(); });
        FluentActions.Invoking(() => CheckpointMerge.Write(Base, Out, layers, Update, progress: progress, cancellation: source.Token)).Should().Throw<OperationCanceledException>();
        Directory.GetFileSystemEntries(folder.Path).Should().Equal(Base);
    }

    [Fact]
    public void A_folder_that_holds_something_is_replaced_only_when_asked()
    {
        Write(Model(ScalarType.Float32), sharded: true);
        Directory.CreateDirectory(Out);
        foreach (string name in (string[])["model.safetensors", "notes.txt"]) File.WriteAllText(Path.Combine(Out, name), "old");
        FluentActions.Invoking(() => CheckpointMerge.Write(Base, Out, layers, Update)).Should().Throw<IOException>().WithMessage("*expected nothing or an empty folder*");
        CheckpointMerge.Write(Base, Out, layers, Update, new() { Replace = true });
        File.Exists(Path.Combine(Out, "model.safetensors")).Should().BeFalse("readers would prefer it to the shards");
        File.ReadAllText(Path.Combine(Out, "notes.txt")).Should().Be("old");
        CheckpointFiles.Open(Out).Dispose();
    }

    [Fact]
    public void Misuse_is_said()
    {
        WriteOne("a.weight", ones(3, 2));
        var layer = Layer("a", 3, 2);
        FluentActions.Invoking(() => CheckpointMerge.Write(Base, Base, [layer], Update)).Should().Throw<ArgumentException>().WithMessage("*is the folder of the base model itself*");
        FluentActions.Invoking(() => CheckpointMerge.Write(Base, Out, [], Update)).Should().Throw<ArgumentException>().WithMessage("No layer is named*");
        FluentActions.Invoking(() => CheckpointMerge.Write(Base, Out, [layer, layer], Update)).Should().Throw<ArgumentException>().WithMessage("Layer 'a' is named twice.*");
        FluentActions.Invoking(() => CheckpointMerge.Write(Base, Out, [layer], _ => new LayerUpdate(ones(2, 3)))).Should().Throw<ArgumentException>().WithMessage("The update of layer 'a' is [2, 3], expected [3, 2].*");
        FluentActions.Invoking(() => new LayerUpdate(ones(3))).Should().Throw<ArgumentException>().WithMessage("Expected a matrix*");
        Directory.Exists(Out).Should().BeFalse();
    }

    static AdapterLayer Layer(string path, long outs, long ins, AdapterLayerKind kind = AdapterLayerKind.Linear) => new(path, outs, ins, 2, 1, ScalarType.Float32, kind);

    static LoraDelta Delta(AdapterLayer layer) => SmallLayers.Delta(layer.InFeatures, layer.OutFeatures, 3, 0.7, seed: layer.Path.Length);

    static LayerUpdate Update(AdapterLayer layer) => new(Delta(layer));

    static Dictionary<string, Tensor> Model(ScalarType dtype)
    {
        var generator = new Generator(7, CPU);
        return new Dictionary<string, long[]>
        {
            ["model.norm.weight"] = [6],
            [Query + ".weight"] = [8, 6],
            ["lm_head.weight"] = [11, 6],
            [Conv + ".weight"] = [5, 4, 1, 1],
            [Table + ".weight"] = [11, 6],
            [Query + ".bias"] = [8],
            [Down + ".weight"] = [6, 10],
        }.Select(pair => KeyValuePair.Create(pair.Key, randn(pair.Value, generator: generator).to(dtype))).Append(new("steps", tensor(5L))).ToDictionary();
    }

    void WriteOne(string name, Tensor tensor, params (string Name, Tensor Tensor)[] others)
    {
        Directory.CreateDirectory(Base);
        SafetensorsWriter.Write(Path.Combine(Base, "model.safetensors"), others.Append((name, tensor)).ToDictionary(pair => pair.Item1, pair => pair.Item2));
    }

    /// <summary>Writes a model as another program may: tensors in no order, an odd header with text and spaces, numbers that are not aligned.</summary>
    string[] Write(Dictionary<string, Tensor> tensors, bool sharded)
    {
        Directory.CreateDirectory(Base);
        IEnumerable<KeyValuePair<string, Tensor>>[] shards = sharded
            ? [Named(Query + ".weight", Query + ".bias"), Named(Down + ".weight", Conv + ".weight", Table + ".weight"), Named("lm_head.weight", "model.norm.weight", "steps")]
            : [tensors];
        string[] names = sharded ? [.. shards.Select((_, i) => $"model-{i + 1:D5}-of-{shards.Length:D5}.safetensors")] : ["model.safetensors"];
        foreach (var (name, shard) in names.Zip(shards))
        {
            var entries = new List<string> { "\"__metadata__\": {\"format\":\"pt\", \"note\":\"ä\"}" };
            var data = new List<byte>();
            foreach (var (tensor, numbers) in shard)
            {
                string dtype = numbers.dtype switch { ScalarType.Float32 => "F32", ScalarType.Float16 => "F16", ScalarType.BFloat16 => "BF16", _ => "I64" };
                byte[] bytes = numbers.contiguous().bytes.ToArray();
                entries.Insert(0, $"\"{tensor}\" : {{\"shape\":[{string.Join(",", numbers.shape)}], \"dtype\":\"{dtype}\",\"data_offsets\":[{data.Count},{data.Count + bytes.Length}]}}");
                data.AddRange(bytes);
            }
            File.WriteAllBytes(Path.Combine(Base, name), SafetensorsBytes.Make(Encoding.UTF8.GetBytes("{" + string.Join(", ", entries) + "}  "), [.. data]));
        }
        if (sharded)
            File.WriteAllText(Path.Combine(Base, "model.safetensors.index.json"),
                "{\"weight_map\": {" + string.Join(",", names.Zip(shards).SelectMany(pair => pair.Second.Select(tensor => $"\"{tensor.Key}\":\"{pair.First}\""))) + "}, \"metadata\":{\"total_size\": 1}}");
        return names;

        IEnumerable<KeyValuePair<string, Tensor>> Named(params string[] names) => names.Select(name => KeyValuePair.Create(name, tensors[name]));
    }
}
