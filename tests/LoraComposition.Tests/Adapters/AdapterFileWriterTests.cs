using LoraComposition.Tests.Files;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using TemporaryFolder = LoraComposition.Tests.Files.TemporaryFolder;

namespace LoraComposition.Tests.Adapters;

/// <summary>Adapters written layer by layer: the same bytes as written at once, or nothing.</summary>
public sealed class AdapterFileWriterTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("vit-pattern")]
    [InlineData("vit-head")]
    public void The_order_of_the_layers_changes_no_byte(string fixture)
    {
        using var adapter = LoraAdapter.Load(PeftFolder.Fixture(fixture));
        adapter.Save(folder.File("whole"));
        using (var writer = new AdapterFileWriter(folder.File("layers")))
        {
            if (adapter.Head is { } head)
            {
                writer.AddSaved("classifier.bias", "classifier", head.Bias!);
                writer.AddSaved("classifier.weight", "classifier", head.Weight);
            }
            foreach (var (layer, delta) in adapter.Layers.Reverse())
            {
                using var copy = delta.Clone();
                writer.Add(layer, copy);
            }
            writer.Complete(adapter.BaseModel, adapter.Revision, adapter.Provenance, adapter.Head?.ClassNames);
        }
        foreach (var file in (string[])["adapter_config.json", "adapter_model.safetensors"])
            File.ReadAllBytes(Path.Combine(folder.File("layers"), file)).Should().Equal(File.ReadAllBytes(Path.Combine(folder.File("whole"), file)));
        Directory.GetFileSystemEntries(folder.File("layers")).Should().HaveCount(2);
        Directory.GetFileSystemEntries(folder.Path).Should().HaveCount(2, "no temporary file stays");
    }

    [Fact]
    public void What_is_not_completed_leaves_nothing()
    {
        using var delta = SmallLayers.Delta(3, 4, 2, 1, seed: 1);
        using (var writer = new AdapterFileWriter(folder.File("new"))) writer.Add("layer", delta);
        Directory.GetFileSystemEntries(folder.Path).Should().BeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_cancelled_leaves_the_folder_as_it_was(bool existed)
    {
        using LoraDelta old = SmallLayers.Delta(3, 4, 2, 1, seed: 1), other = SmallLayers.Delta(3, 4, 5, 1, seed: 2);
        var path = folder.File("adapter");
        if (existed) Write(path, old);
        var before = existed ? Directory.GetFiles(path).ToDictionary(file => file, File.ReadAllBytes) : [];
        using var source = new CancellationTokenSource();
        using (var writer = new AdapterFileWriter(path))
        {
            writer.Add("layer", other);
            source.Cancel();
            writer.Invoking(w => w.Complete(cancellation: source.Token)).Should().Throw<OperationCanceledException>();
        }
        Directory.Exists(path).Should().Be(existed);
        if (existed) Directory.GetFiles(path).ToDictionary(file => file, File.ReadAllBytes).Should().BeEquivalentTo(before);
        Directory.GetFileSystemEntries(folder.Path).Should().HaveCount(existed ? 1 : 0);
    }

    [Fact]
    public void Weights_too_large_for_the_type_are_refused_by_layer_and_write_nothing()
    {
        using var delta = new LoraDelta(full(2, 3, 70_000f), ones(4, 2), 1);
        using (var writer = new AdapterFileWriter(folder.File("half"), new() { Dtype = ScalarType.Float16 }))
        {
            writer.Invoking(w => w.Add("layer", delta)).Should().Throw<ArgumentException>().WithMessage("Tensor 'base_model.model.layer.lora_A.weight' holds numbers that are too large for Float16*");
            writer.Invoking(w => w.Complete()).Should().Throw<InvalidOperationException>().WithMessage("The adapter has no layer*");
        }
        Directory.GetFileSystemEntries(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void Half_is_rounded_once_and_whole_numbers_stay_whole()
    {
        using var delta = SmallLayers.Delta(3, 4, 2, 1, seed: 1);
        using var count = tensor(3L);
        using (var writer = new AdapterFileWriter(folder.Path, new() { Dtype = ScalarType.BFloat16 }))
        {
            writer.Add("layer", delta);
            writer.AddSaved("head.count", "head", count);
            writer.Complete();
        }
        using var file = AdapterFile.Open(folder.Path, options: new() { AnyArchitecture = true });
        file.Layers["layer"].Dtype.Should().Be(ScalarType.BFloat16);
        file.Saved["head.count"].Dtype.Should().Be(ScalarType.Int64);
        using var read = file.Read("layer");
        using var expected = delta.A.to(ScalarType.BFloat16).to(ScalarType.Float32);
        read.A.ShouldBeIdentical(expected);
    }

    [Fact]
    public void Misuse_is_said()
    {
        using var delta = SmallLayers.Delta(3, 4, 2, 1, seed: 1);
        using var writer = new AdapterFileWriter(folder.File("adapter"));
        writer.Add("classifier", delta);
        writer.Invoking(w => w.Add("classifier", delta)).Should().Throw<ArgumentException>().WithMessage("Layer 'classifier' was added twice.*");
        writer.Invoking(w => w.Add("x", delta, (AdapterLayerKind)7)).Should().Throw<ArgumentOutOfRangeException>();
        writer.Invoking(w => w.AddSaved("head.weight", "other", delta.A)).Should().Throw<ArgumentException>().WithMessage("'head.weight' is no tensor of the module 'other'.*");
        writer.AddSaved("classifier.weight", "classifier", delta.A);
        writer.Invoking(w => w.AddSaved("classifier.weight", "classifier", delta.A)).Should().Throw<ArgumentException>().WithMessage("*is there twice*");
        writer.Invoking(w => w.Complete()).Should().Throw<ArgumentException>().WithMessage("The adapter both adapts 'classifier' and saves it whole*");
        Directory.Exists(folder.File("adapter")).Should().BeFalse();
        File.WriteAllText(folder.File("taken"), "");
        FluentActions.Invoking(() => new AdapterFileWriter(folder.File("taken"))).Should().Throw<IOException>().WithMessage("*expected a folder or nothing, found a file.");

        using var done = new AdapterFileWriter(folder.File("done"));
        done.Add("layer", delta);
        done.Complete();
        done.Invoking(w => w.Add("other", delta)).Should().Throw<InvalidOperationException>().WithMessage("The folder is complete*");
    }

    static void Write(string path, LoraDelta delta)
    {
        using var writer = new AdapterFileWriter(path);
        writer.Add("layer", delta);
        writer.Complete();
    }
}
