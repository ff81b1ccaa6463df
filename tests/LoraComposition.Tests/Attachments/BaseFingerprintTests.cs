using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using TemporaryFolder = LoraComposition.Tests.Files.TemporaryFolder;

namespace LoraComposition.Tests.Attachments;

/// <summary>An adapter records what its base model holds, and is warned of where that is another one.</summary>
public sealed class BaseFingerprintTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_adapter_that_is_made_on_a_model_records_it()
    {
        using var model = Fixture.Vit();
        string written = Save(model);
        using var read = LoraAdapter.Load(written);
        read.BaseFingerprint.Should().MatchRegex("^[0-9a-f]{64}-[0-9a-f]{64}$");
        using var file = AdapterFile.Open(written);
        file.BaseFingerprint.Should().Be(read.BaseFingerprint);
        using (var composition = Composition.AttachUniform(model, [read]))
        {
            using var composed = composition.ToAdapter("composed");
            composed.BaseFingerprint.Should().Be(read.BaseFingerprint);
        }
        using (var compressed = AdapterCompression.Compress(read, RankTarget.Rank(1))) compressed.Adapter.BaseFingerprint.Should().Be(read.BaseFingerprint);
        using (var other = AdapterSpelling.Respell(read, model, ModuleSpelling.Transformers4)) other.BaseFingerprint.Should().Be(read.BaseFingerprint);
        new AdapterMerge([file], new MeanMerge()).Save(folder.File("merged"));
        using var merged = LoraAdapter.Load(folder.File("merged"));
        merged.BaseFingerprint.Should().Be(read.BaseFingerprint);
    }

    [Theory]
    [InlineData("half")]
    [InlineData("bfloat16")]
    [InlineData("timm")]
    [InlineData("other head")]
    public void The_same_weights_in_other_files_are_the_same_base(string form)
    {
        using var model = Fixture.Vit();
        using var adapter = LoraAdapter.Load(Save(model));
        using var same = Same(model, form);
        AdapterCompatibility.Check(same, adapter).Warnings.Should().BeEmpty();
    }

    VisionTransformer Same(VisionTransformer model, string form)
    {
        if (form == "other head")
        {
            var other = Fixture.Vit();
            other.ResetHead(["a", "b"], 0);
            return other;
        }
        if (form == "timm") return AsTimm(model);
        model.Save(folder.File("base"), new CheckpointSaveOptions { Dtype = form == "half" ? ScalarType.Float16 : ScalarType.BFloat16 });
        return VisionTransformer.Load(folder.File("base"));
    }

    VisionTransformer AsTimm(VisionTransformer model)
    {
        using var scope = NewDisposeScope();
        string timm = folder.File("timm");
        Directory.CreateDirectory(timm);
        File.Copy(Fixture.Path("vit-timm", "config.json"), Path.Combine(timm, "config.json"));
        var tensors = Fixture.Tensors("vit-timm", "model.safetensors");
        foreach (var group in model.Slots(new TimmVitLayout()).GroupBy(slot => slot.Name))
            tensors[group.Key] = cat([.. group.OrderBy(slot => slot.Source.Part).Select(slot => slot.Get().detach())], 0);
        SafetensorsWriter.Write(Path.Combine(timm, "model.safetensors"), tensors);
        return VisionTransformer.Load(timm);
    }

    [Fact]
    public void Other_weights_are_warned_of_whatever_the_folder_is_called()
    {
        using var model = Fixture.Vit();
        using var adapter = LoraAdapter.Load(Save(model));
        using var other = VisionTransformer.Create(model.Config, seed: 1);
        AdapterCompatibility.Check(other, adapter).Warnings.Should().ContainSingle().Which.Should().StartWith($"Adapter '{adapter.Name}' was trained on other weights than this model's, on 'vit-hf'");
        AdapterCompatibility.Check(model, adapter).Warnings.Should().BeEmpty();
    }

    [Fact]
    public void Adapters_of_two_bases_are_not_merged_by_their_files()
    {
        using VisionTransformer model = Fixture.Vit(), other = VisionTransformer.Create(model.Config, seed: 1);
        using AdapterFile one = AdapterFile.Open(Save(model, "one")), two = AdapterFile.Open(Save(other, "two"));
        FluentActions.Invoking(() => new AdapterMerge([one, two], new MeanMerge())).Should().Throw<AdapterException>().WithMessage("*was trained on other weights than adapter 'one'*");
        new AdapterMerge([one, two], new MeanMerge(), anyBase: true).BaseFingerprint.Should().BeNull();
    }

    [Fact]
    public void A_fingerprint_that_is_none_is_passed_over()
    {
        string place = Save(Fixture.Vit());
        using (var scope = NewDisposeScope())
        {
            Dictionary<string, Tensor> tensors;
            using (var file = SafetensorsFile.Open(Path.Combine(place, "adapter_model.safetensors"))) tensors = file.Tensors.Keys.ToDictionary(name => name, name => file.Read(name).clone());
            SafetensorsWriter.Write(Path.Combine(place, "adapter_model.safetensors"), tensors, new Dictionary<string, string> { ["lora_composition.base"] = "abc" });
        }
        using var read = LoraAdapter.Load(place);
        (read.BaseFingerprint, read.Warnings.Count).Should().Be((null, 1));
    }

    [Theory]
    [InlineData("/home/someone/models/vit-hf", "vit-hf")]
    [InlineData("C:\\Users\\someone\\vit-hf\\", "vit-hf")]
    [InlineData("../vit-hf", "vit-hf")]
    [InlineData("~/cache/models--google--vit-hf/snapshots/0123abc", "google/vit-hf")]
    [InlineData("google/vit-hf", "google/vit-hf")]
    [InlineData("vit-hf", "vit-hf")]
    public void No_local_path_is_written(string trainedOn, string written)
    {
        using (var adapter = new LoraAdapter("a", [new("vit.layers.0.attention.q_proj", SmallLayers.Delta(32, 32, 2, 1, 1))], trainedOn)) adapter.Save(folder.File("a"));
        using var read = LoraAdapter.Load(folder.File("a"));
        read.BaseModel.Should().Be(written);
    }

    string Save(VisionTransformer model, string name = "adapter")
    {
        using var plain = Fixture.Adapter("vit-a");
        using var composition = Composition.AttachUniform(model, [plain]);
        using var adapter = composition.ToAdapter(name);
        adapter.Save(folder.File(name));
        return folder.File(name);
    }
}
