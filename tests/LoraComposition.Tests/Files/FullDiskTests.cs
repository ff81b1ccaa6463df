using LoraComposition.Faults;
using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Files;

/// <summary>On a disk that is full at any point of a write, nothing is left of it, the file is named in one line, and with room the same call succeeds.</summary>
public sealed class FullDiskTests : IDisposable
{
    readonly SmallDisk disk = new(kibibytes: 512);

    public void Dispose() => disk.Dispose();

    string this[string name] => Path.Combine(disk.Path, name);

    [Fact]
    public void A_file()
    {
        File.WriteAllText(this["table.csv"], "old");

        int failures = Fails("table.csv", () => AtomicFile.Write(this["table.csv"], stream =>
        {
            for (int i = 0; i < 50; i++) stream.Write(new byte[999]);
        }));

        failures.Should().Be(13, "50 × 999 bytes fill 13 pages");
        new FileInfo(this["table.csv"]).Length.Should().Be(50 * 999);
    }

    [Fact]
    public void A_file_whose_last_bytes_wait_in_a_buffer() =>
        Fails("table.csv", () => AtomicFile.Write(this["table.csv"], stream => stream.Write("one line\n"u8))).Should().Be(1);

    [Fact]
    public void Files_that_belong_together()
    {
        foreach (string name in (string[])["a", "b", "c"]) File.WriteAllText(this[name], "old");

        Fails("[abc]", () => AtomicFile.WriteAll([.. ((string[])["a", "b", "c"]).Select(name => (this[name], (Action<Stream>)(stream => stream.Write(new byte[10_000]))))])).Should().Be(9);
    }

    [Fact]
    public void A_folder() => Fails("result/(a|inner/b)", () => StagedFolder.Write(this["result"], staging =>
    {
        AtomicFile.Write(Path.Combine(staging, "a"), stream => stream.Write(new byte[9000]));
        Directory.CreateDirectory(Path.Combine(staging, "inner"));
        AtomicFile.Write(Path.Combine(staging, "inner", "b"), stream => stream.Write(new byte[9000]));
    })).Should().Be(6);

    [Fact]
    public void Tensors()
    {
        using var scope = NewDisposeScope();
        var tensors = Enumerable.Range(0, 5).ToDictionary(i => $"tensor {i}", i => full(2000, (float)i));

        Fails("model.safetensors", () => SafetensorsWriter.Write(this["model.safetensors"], tensors)).Should().Be(10);
    }

    [Fact]
    public void An_adapter()
    {
        using var old = new LoraAdapter("old", [new("layer", SmallLayers.Delta(3, 4, 2, 1, seed: 1))]);
        using var adapter = new LoraAdapter("new", [new("layer", SmallLayers.Delta(300, 40, 8, 1, seed: 2)), new("other", SmallLayers.Delta(30, 400, 8, 1, seed: 3))]);
        old.Save(this["adapter"]);

        Fails("adapter/adapter_(model.safetensors|config.json)", () => adapter.Save(this["adapter"]), () => { using var read = LoraAdapter.Load(this["adapter"]); read.Layers.Should().ContainSingle(); });

        using var read = LoraAdapter.Load(this["adapter"]);
        read.Layers.Should().HaveCount(2);
    }

    [Fact]
    public void An_adapter_in_one_file()
    {
        using var adapter = new LoraAdapter("new", [new("layer", SmallLayers.Delta(300, 40, 8, 1, seed: 2))]);
        Fails("adapter.safetensors", () =>
        {
            using var writer = new AdapterFileWriter(this["adapter.safetensors"], layout: AdapterLayout.Diffusers);
            foreach (var (layer, delta) in adapter.Layers) writer.Add("unet." + layer, delta);
            writer.Complete();
        });
    }

    [Fact]
    public void A_model_in_shards_is_never_half_of_the_old_and_half_of_the_new()
    {
        using var scope = NewDisposeScope();
        using var old = VisionTransformer.Create(Shape, seed: 1);
        using var model = VisionTransformer.Create(Shape, seed: 2);
        var shards = new CheckpointSaveOptions { MaxShardBytes = 8 << 10 };
        old.Save(this["model"], shards);
        Directory.GetFiles(this["model"], "*.safetensors").Should().HaveCountGreaterThan(2);

        Fails("model/(model-.+|model.safetensors.index.json|config.json)", () => model.Save(this["model"], shards), () => Same(old));

        Same(model);

        // The index and its shards may not lie on a disk that only /proc shows: a link that leads there leaves the folder.
        void Same(VisionTransformer expected)
        {
            using var copy = new TemporaryFolder();
            foreach (string path in Directory.GetFiles(this["model"])) File.Copy(path, copy.File(Path.GetFileName(path)));
            using var read = VisionTransformer.Load(copy.Path);
            foreach (var (name, parameter) in read.named_parameters()) parameter.equal(expected.get_parameter(name)!).all().item<bool>().Should().BeTrue(name);
        }
    }

    [Fact]
    public void A_new_model_leaves_no_folder()
    {
        using var model = VisionTransformer.Create(Shape, seed: 1);
        Fails("model/(model.safetensors|config.json)", () => model.Save(this["model"]));
    }

    static VitConfig Shape => new() { ImageSize = 16, PatchSize = 8, HiddenSize = 16, LayerCount = 2, HeadCount = 2, IntermediateSize = 32, ClassNames = ["a", "b"] };

    int Fails(string file, Action write, Action? after = null)
    {
        string[] before = Files();
        int failures = disk.UntilThereIsRoom(write, e =>
        {
            e.Should().BeOfType<IOException>();
            e.Message.Should().MatchRegex($"^{disk.Path}/{file}: the file cannot be written: [^\n]+\\. What was there before is unchanged\\.$");
            Files().Should().Equal(before);
            after?.Invoke();
        });
        failures.Should().BePositive();
        Files().Should().NotContain(line => line.Contains(".tmp", StringComparison.Ordinal) || line.Contains(".lock", StringComparison.Ordinal));
        return failures;
    }

    string[] Files() => [.. Directory.GetFileSystemEntries(disk.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(path => $"{Path.GetRelativePath(disk.Path, path)} {(File.Exists(path) ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))) : "")}")];
}
