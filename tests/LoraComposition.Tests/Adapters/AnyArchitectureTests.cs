using LoraComposition.Tests.Files;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using TemporaryFolder = LoraComposition.Tests.Files.TemporaryFolder;

namespace LoraComposition.Tests.Adapters;

/// <summary>Adapters of many architectures are read, composed and written without a model; what cannot be kept exactly is refused by name.</summary>
public sealed class AnyArchitectureTests : IDisposable
{
    static readonly AdapterLoadOptions any = new() { AnyArchitecture = true };

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Layouts => [.. ArchitectureLayout.All.Select(layout => layout.Name)];

    [Theory]
    [MemberData(nameof(Layouts))]
    public void A_mean_of_two_is_what_an_independent_reader_of_the_format_finds(string name)
    {
        var layout = ArchitectureLayout.Called(name);
        using var first = AdapterFile.Open(layout.Write(folder.File("first"), 1, rank: 2, alpha: 3), options: any);
        using var second = AdapterFile.Open(layout.Write(folder.File("second"), 2, rank: 3, alpha: 16), options: any);
        first.Layers.Values.Select(layer => (layer.Path, layer.Kind)).Should().BeEquivalentTo(layout.Weights.Keys.Select(layer => (layer, layout.KindOf(layer))));
        using (var writer = new AdapterFileWriter(folder.File("mean")))
        {
            foreach (var (path, layer) in first.Layers)
            {
                using var scope = NewDisposeScope();
                using LoraDelta a = first.Read(path), b = second.Read(path);
                using var mean = new LoraDelta(cat([a.A, b.A]), cat([a.B.mul(a.Scaling / 2), b.B.mul(b.Scaling / 2)], 1), 1);
                writer.Add(path, mean, layer.Kind);
            }
            writer.Complete(first.BaseModel);
        }

        var mine = new IndependentPeft(folder.File("mean"));
        mine.BaseModel.Should().Be($"some/{name}");
        var updates = mine.Updates(layout.Weights, ArchitectureLayout.IsEmbedding);
        updates.Keys.Should().BeEquivalentTo(layout.Weights.Keys);
        var (one, two) = (Updates("first"), Updates("second"));
        foreach (var (layer, update) in updates)
            update.Zip(one[layer].Zip(two[layer], (x, y) => (x + y) / 2)).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 1e-5, layer);
        using var again = AdapterFile.Open(folder.File("mean"), options: any);
        again.Layers.Values.Select(layer => (layer.Path, layer.Kind)).Should().Equal(first.Layers.Values.Select(layer => (layer.Path, layer.Kind)));
        again.Warnings.Should().BeEmpty();

        Dictionary<string, double[]> Updates(string of) => new IndependentPeft(folder.File(of)).Updates(layout.Weights, ArchitectureLayout.IsEmbedding);
    }

    [Fact]
    public void Other_ranks_and_scalings_in_some_layers_are_found_by_their_patterns()
    {
        var layout = ArchitectureLayout.Called("embeddings");
        using (var writer = new AdapterFileWriter(folder.Path))
        {
            using LoraDelta table = SmallLayers.Delta(11, 6, 3, 0.5, seed: 1), output = SmallLayers.Delta(8, 6, 2, 2, seed: 2);
            writer.Add("model.embed_tokens", table, AdapterLayerKind.Embedding);
            writer.Add("model.layers.0.self_attn.o_proj", output);
            writer.Complete();
            using var dense = table.ToDense();
            var update = new IndependentPeft(folder.Path).Updates(layout.Weights, ArchitectureLayout.IsEmbedding)["model.embed_tokens"];
            for (var token = 0; token < 11; token++)
                for (var i = 0; i < 6; i++)
                    update[token * 6 + i].Should().BeApproximately(dense[i, token].item<float>(), 1e-6, "the table's update is the transpose");
        }
    }

    [Fact]
    public void Saved_modules_of_any_name_are_listed_read_and_written()
    {
        var layout = ArchitectureLayout.Called("llama");
        layout.Write(folder.File("in"), 1, saved: ["score", "norm"], change: tensors =>
        {
            tensors["base_model.model.score.weight"] = arange(12f).view(2, 6);
            tensors["base_model.model.model.norm.modules_to_save.default.weight"] = arange(6f).to(ScalarType.BFloat16);
            tensors["base_model.model.model.norm.modules_to_save.count"] = tensor(7L);
            tensors["base_model.model.lm_head.weight"] = ones(3, 6);
        });
        using var file = AdapterFile.Open(folder.File("in"), options: any);
        file.Saved.Values.Select(saved => $"{saved.Name} of {saved.Module}: {saved.Dtype} [{string.Join(",", saved.Shape)}]").Should().Equal(
            "lm_head.weight of lm_head: Float32 [3,6]", "model.norm.count of model.norm: Int64 []", "model.norm.weight of model.norm: BFloat16 [6]", "score.weight of score: Float32 [2,6]");
        using (var writer = new AdapterFileWriter(folder.File("out")))
        {
            foreach (var layer in file.Layers.Keys)
            {
                using var delta = file.Read(layer);
                writer.Add(layer, delta);
            }
            foreach (var saved in file.Saved.Values)
            {
                using var tensor = file.ReadSaved(saved.Name);
                writer.AddSaved(saved.Name, saved.Module, tensor);
            }
            writer.Complete();
        }
        new IndependentPeft(folder.File("out")).Saved().Should().BeEquivalentTo(new IndependentPeft(folder.File("in")).SavedAnywhere());
        using var again = AdapterFile.Open(folder.File("out"), options: any);
        again.Saved.Values.Should().BeEquivalentTo(file.Saved.Values, options => options.WithStrictOrdering());
        again.Layers.Values.Should().Equal(file.Layers.Values);
        again.Invoking(f => f.ToAdapter()).Should().Throw<AdapterException>().WithMessage("*'lm_head' is a module saved whole, which no model here takes*");
        FluentActions.Invoking(() => AdapterFile.Open(folder.File("out"))).Should().Throw<AdapterException>().WithMessage("*'modules_to_save' names 'lm_head'*");
    }

    [Fact]
    public void A_head_of_a_model_here_is_one_in_either_way()
    {
        using var plain = LoraAdapter.Load(PeftFolder.Fixture("vit-head"));
        using var other = LoraAdapter.Load(PeftFolder.Fixture("vit-head"), options: any);
        other.Head!.Weight.ShouldBeIdentical(plain.Head!.Weight);
        other.Head.Bias!.ShouldBeIdentical(plain.Head.Bias!);
    }

    [Fact]
    public void Kinds_that_no_model_here_has_are_only_read_as_files()
    {
        foreach (var (name, kind) in (ReadOnlySpan<(string, string)>)[("flux", "Convolution"), ("embeddings", "Embedding")])
        {
            var path = ArchitectureLayout.Called(name).Write(folder.File(name), 1);
            FluentActions.Invoking(() => LoraAdapter.Load(path, options: any)).Should().Throw<AdapterException>().WithMessage($"*is of kind {kind}; no model here has such a layer*");
            FluentActions.Invoking(() => LoraAdapter.Load(path)).Should().Throw<AdapterException>();
        }
    }

    [Fact]
    public void A_target_that_no_layer_matched_is_only_a_warning()
    {
        var layout = ArchitectureLayout.Called("bert") with { Targets = ["query", "dense", "query_key_value"] };
        layout.Write(folder.Path, 1);
        using var file = AdapterFile.Open(folder.Path, options: any);
        file.Warnings.Should().ContainSingle().Which.Should().Be("'target_modules' names 'query_key_value', of which adapter_model.safetensors holds no layer.");
        using var plain = AdapterFile.Open(folder.Path);
        plain.Warnings.Should().Equal(file.Warnings);
    }

    [Theory]
    [InlineData("convolution of 3×3", "*layer 'down_blocks.1.attentions.0.proj_in' is a convolution with a kernel of 3×3; only those of 1×1*")]
    [InlineData("convolution over one dimension", "*layer 'down_blocks.1.attentions.0.proj_in' is a convolution with a kernel of 1; only those of 1×1*")]
    [InlineData("groups", "*layer 'down_blocks.1.attentions.0.proj_in': expected lora_A [rank, in] and lora_B [out, rank]*found [2, 4, 1, 1] and [6, 1, 1, 1]*")]
    [InlineData("one matrix of a convolution", "*layer 'down_blocks.1.attentions.0.proj_in': expected lora_A*")]
    [InlineData("mixed kinds", "*layer 'transformer_blocks.0.attn.to_q' has one factor of an embedding and one of a linear layer*")]
    [InlineData("magnitude", "*unexpected tensor 'base_model.model.transformer_blocks.0.attn.to_q.lora_magnitude_vector'*")]
    [InlineData("base weight", "*unexpected tensor 'base_model.model.model.embed_tokens.base_layer.weight'*")]
    [InlineData("whole weight", "*unexpected tensor 'base_model.model.transformer_blocks.0.norm.weight'*")]
    [InlineData("quantised", "*tensor 'base_model.model.transformer_blocks.0.attn.to_q.lora_A.weight' is Int8, expected a floating type*")]
    [InlineData("saved twice", "*the saved tensor 'norm_out.weight' is there twice*")]
    [InlineData("no saved tensor", "*'modules_to_save' names 'norm_out', but the file holds no tensor of them*")]
    [InlineData("other targets", "*layer 'transformer_blocks.0.attn.to_q' of adapter_model.safetensors is not a target*")]
    public void What_does_not_fit_is_refused_by_name(string problem, string message)
    {
        const string Conv = "base_model.model.down_blocks.1.attentions.0.proj_in.", Query = "base_model.model.transformer_blocks.0.attn.to_q.";
        var layout = ArchitectureLayout.Called("flux");
        if (problem == "other targets") layout = layout with { Targets = ["to_k", "to_out.0", "proj_in"] };
        layout.Write(folder.Path, 1, saved: problem.Contains("saved") ? ["norm_out"] : null, change: tensors =>
        {
            switch (problem)
            {
                case "convolution of 3×3": tensors[Conv + "lora_A.weight"] = ones(2, 4, 3, 3); break;
                case "convolution over one dimension": (tensors[Conv + "lora_A.weight"], tensors[Conv + "lora_B.weight"]) = (ones(2, 4, 1), ones(6, 2, 1)); break;
                case "groups": tensors[Conv + "lora_B.weight"] = ones(6, 1, 1, 1); break;
                case "one matrix of a convolution": tensors[Conv + "lora_A.weight"] = ones(2, 4); break;
                case "mixed kinds":
                    tensors.Remove(Query + "lora_B.weight");
                    tensors[Query + "lora_embedding_B"] = ones(6, 2);
                    break;
                case "magnitude": tensors[Query + "lora_magnitude_vector"] = ones(6); break;
                case "base weight": tensors["base_model.model.model.embed_tokens.base_layer.weight"] = ones(6, 2); break;
                case "whole weight": tensors["base_model.model.transformer_blocks.0.norm.weight"] = ones(6); break;
                case "quantised": tensors[Query + "lora_A.weight"] = ones([2, 6], ScalarType.Int8); break;
                case "saved twice":
                    tensors["base_model.model.norm_out.weight"] = ones(6);
                    tensors["base_model.model.norm_out.modules_to_save.weight"] = ones(6);
                    break;
            }
        });
        FluentActions.Invoking(() => AdapterFile.Open(folder.Path, options: any)).Should().Throw<AdapterException>().WithMessage(message);
    }
}
