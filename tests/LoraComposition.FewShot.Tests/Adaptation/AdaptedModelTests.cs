using System.Text.Json;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Files;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Adaptation;

public sealed class AdaptedModelTests : IDisposable
{
    readonly TinyAdaptation tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void FollowsTheBaseToAnotherFolder()
    {
        Save("classifier", "out");
        Directory.Move(tiny.At("base"), tiny.At("moved"));

        var without = () => AdaptedModel.Load(tiny.At("out"));
        without.Should().Throw<ModelFileException>().WithMessage("*base: expected the base model*give the folder in which it is now*");

        using var loaded = AdaptedModel.Load(tiny.At("out"), tiny.At("moved"));
        loaded.Model.Config.ClassNames.Should().Equal("\"pear\"", "apple, red", "plum");
    }

    [Fact]
    public void RefusesAnotherBase()
    {
        Save("lora", "out");
        TinyModel.Save(tiny.At("other"), seed: 2);

        var other = () => AdaptedModel.Load(tiny.At("out"), tiny.At("other"));
        other.Should().Throw<ModelFileException>().WithMessage($"*expected the base model that was adapted*{tiny.BaseModel.Fingerprint}*found another*");

        TinyModel.Save(tiny.At("base"), seed: 2);
        var changed = () => AdaptedModel.Load(tiny.At("out"));
        changed.Should().Throw<ModelFileException>().WithMessage("*found another*");
    }

    [Fact]
    public void StandsOnABaseInShards()
    {
        Shard(tiny.At("base"), tiny.At("shards"));
        var baseModel = ImageBaseModel.Open(tiny.At("shards"));
        using (var result = new ImageAdaptation(baseModel, [], TinyAdaptation.Options with { Methods = [new ClassifierTuning()] }).Run(ImageFolderSplits.Open(tiny.At("pictures")), NullProgressReporter.Instance))
            result.Save(tiny.At("out"));

        using (var loaded = AdaptedModel.Load(tiny.At("out"))) loaded.Info.Base.Sha256.Should().Be(baseModel.Fingerprint);

        string shard = tiny.At("shards", "model-2.safetensors");
        byte[] bytes = File.ReadAllBytes(shard);
        bytes[^1] ^= 1;
        File.WriteAllBytes(shard, bytes);
        var changed = () => AdaptedModel.Load(tiny.At("out"));
        changed.Should().Throw<ModelFileException>().WithMessage("*found another*");
    }

    [Fact]
    public void ReplacesAModelOnlyWhenAskedTo()
    {
        Save("learned", "out");
        File.WriteAllText(tiny.At("out", "notes.txt"), "mine");
        string[] before = FolderState.Of(tiny.At("out"));

        var refused = () => Save("classifier", "out");
        refused.Should().Throw<IOException>().WithMessage("*expected no folder or an empty one*");
        FolderState.Of(tiny.At("out")).Should().Equal(before);

        Save("classifier", "out", replace: true);
        Directory.GetFileSystemEntries(tiny.At("out")).Select(Path.GetFileName).Should()
            .BeEquivalentTo("adapted.json", "head.safetensors", "notes.txt", "preprocessor_config.json", "report.json", "report.md");
        using var loaded = AdaptedModel.Load(tiny.At("out"));
        loaded.Adapter.Should().BeNull();
    }

    [Fact]
    public void ALoadedModelIsSavedAsItWas()
    {
        using (var result = tiny.Run("learned")) result.Model.Save(tiny.At("first"));
        using (var loaded = AdaptedModel.Load(tiny.At("first"))) loaded.Save(tiny.At("second"));

        foreach (string name in (string[])["adapted.json", "head.safetensors", "weights.json", "preprocessor_config.json", "adapter/adapter_model.safetensors"])
            File.ReadAllBytes(tiny.At("second", name)).Should().Equal(File.ReadAllBytes(tiny.At("first", name)), name);
    }

    [Fact]
    public void AFailedSaveLeavesNothing()
    {
        using var result = tiny.Run("classifier");
        string target = tiny.At("out", "model");
        File.WriteAllText(target, "a file is in the way");

        var save = () => result.Save(target, replace: true);

        save.Should().Throw<IOException>();
        Directory.GetFileSystemEntries(tiny.At("out")).Should().Equal(target);
        File.ReadAllText(target).Should().Be("a file is in the way");
    }

    [Theory]
    [InlineData("\"formatVersion\": 1", "\"formatVersion\": 2", "*expected format version 1, found 2*")]
    [InlineData("\"plum\"", "\"apple, red\"", "*a class is named twice*")]
    [InlineData("\"plum\"", "\"plum\", \"cherry\"", "*classifier.weight*expected [4, 16], found [3, 16]*")]
    [InlineData("\"plum\"", "null", "*expected at least one class, each with a name*")]
    [InlineData("\"sha256\": \"", "\"sha256\": \"x", "*expected a SHA-256*")]
    [InlineData("\"method\"", "\"methods\"", "*damaged*")]
    [InlineData("{", "", "*damaged*")]
    public void RefusesADamagedDescription(string from, string to, string message)
    {
        Save("classifier", "out");
        string path = tiny.At("out", "adapted.json"), text = File.ReadAllText(path);
        int at = text.IndexOf(from, StringComparison.Ordinal);
        File.WriteAllText(path, text[..at] + to + text[(at + from.Length)..]);

        var load = () => AdaptedModel.Load(tiny.At("out"));

        load.Should().Throw<ModelFileException>().WithMessage(message);
    }

    [Fact]
    public void RefusesAFolderThatIsNotWhole()
    {
        Save("lora", "out");
        Directory.Delete(tiny.At("out", "adapter"), recursive: true);
        var withoutAdapter = () => AdaptedModel.Load(tiny.At("out"));
        withoutAdapter.Should().Throw<ModelFileException>().WithMessage("*adapter*does not exist*");

        File.Delete(tiny.At("out", "adapted.json"));
        var withoutDescription = () => AdaptedModel.Load(tiny.At("out"));
        withoutDescription.Should().Throw<ModelFileException>().WithMessage("*holds no adapted.json*");
    }

    [Theory]
    [InlineData("missing", "*'classifier.bias' is missing*")]
    [InlineData("extra", "*alone, found 'pooler'*")]
    [InlineData("infinite", "*'classifier.weight' holds NaN or infinite numbers*")]
    [InlineData("type", "*'classifier.weight': expected float32, found Float64*")]
    public void RefusesADamagedHead(string damage, string message)
    {
        Save("classifier", "out");
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor> { ["classifier.weight"] = zeros(3, TinyModel.Width), ["classifier.bias"] = zeros(3) };
        switch (damage)
        {
            case "missing": tensors.Remove("classifier.bias"); break;
            case "extra": tensors["pooler"] = zeros(1); break;
            case "infinite": tensors["classifier.weight"] = full([3, TinyModel.Width], float.PositiveInfinity); break;
            case "type": tensors["classifier.weight"] = zeros([3, TinyModel.Width], ScalarType.Float64); break;
        }
        SafetensorsWriter.Write(tiny.At("out", "head.safetensors"), tensors);

        var load = () => AdaptedModel.Load(tiny.At("out"));

        load.Should().Throw<ModelFileException>().WithMessage(message);
    }

    static void Shard(string from, string to)
    {
        Directory.CreateDirectory(to);
        File.Copy(Path.Combine(from, "config.json"), Path.Combine(to, "config.json"));
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(Path.Combine(from, "model.safetensors"));
        string[] names = [.. file.Tensors.Keys];
        var shards = new Dictionary<string, string[]> { ["model-1.safetensors"] = names[..3], ["model-2.safetensors"] = names[3..] };
        foreach (var (shard, tensors) in shards) SafetensorsWriter.Write(Path.Combine(to, shard), tensors.ToDictionary(name => name, file.Read));
        File.WriteAllText(Path.Combine(to, "model.safetensors.index.json"), JsonSerializer.Serialize(new { weight_map = shards.SelectMany(s => s.Value.Select(name => (name, s.Key))).ToDictionary(p => p.name, p => p.Key) }));
    }

    void Save(string method, string folder, bool replace = false)
    {
        using var result = tiny.Run(method);
        result.Save(tiny.At(folder), replace);
    }
}
