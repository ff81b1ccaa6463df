using LoraComposition.Files;
using LoraComposition.Tests.Support;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Files;

/// <summary>A write that fails at any point leaves the old file whole and nothing else.</summary>
public sealed class InterruptedWriteTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_disk_that_is_full_at_any_write_keeps_the_old_tensors()
    {
        using var scope = NewDisposeScope();
        var path = folder.File("file");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["old"] = ones(3) });
        var old = File.ReadAllBytes(path);
        var tensors = Enumerable.Range(0, 5).ToDictionary(i => $"new {i}", i => full(100 * (i + 1), (float)i));

        var failures = 0;
        while (!Succeeds(failures))
        {
            File.ReadAllBytes(path).Should().Equal(old, $"write {failures} failed");
            Directory.GetFileSystemEntries(folder.Path).Should().Equal(path);
            failures++;
        }
        failures.Should().Be(6, "the header and each tensor are one write");
        using var file = SafetensorsFile.Open(path);
        file.Tensors.Keys.Should().BeEquivalentTo(tensors.Keys);
        file.Read("new 4").sum().item<float>().Should().Be(2000);

        bool Succeeds(int writes)
        {
            try
            {
                AtomicFile.Write(path, stream => SafetensorsWriter.Write(new FullDiskStream(stream, writes), tensors, null));
                return true;
            }
            catch (IOException e) when (e.Message.StartsWith("No space", StringComparison.Ordinal))
            {
                return false;
            }
        }
    }

    [Fact]
    public void A_cancelled_write_keeps_the_old_file()
    {
        var path = folder.Write("file", [1]);
        using var source = new CancellationTokenSource();
        var write = () => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(2);
            source.Cancel();
            source.Token.ThrowIfCancellationRequested();
        });
        write.Should().Throw<OperationCanceledException>();
        File.ReadAllBytes(path).Should().Equal(1);
        Directory.GetFileSystemEntries(folder.Path).Should().Equal(path);
    }

    [Fact]
    public void Weights_that_cannot_be_replaced_leave_the_old_configuration()
    {
        using var old = new LoraAdapter("old", [new("layer", SmallLayers.Delta(3, 4, 2, 1, seed: 1))]);
        using var other = new LoraAdapter("other", [new("layer", SmallLayers.Delta(3, 4, 2, 7, seed: 2))]);
        old.Save(folder.Path);
        var config = File.ReadAllBytes(folder.File("adapter_config.json"));
        File.Delete(folder.File("adapter_model.safetensors"));
        Directory.CreateDirectory(folder.File("adapter_model.safetensors"));
        other.Invoking(adapter => adapter.Save(folder.Path)).Should().Throw<Exception>().Which.Should().Match(e => e is IOException || e is UnauthorizedAccessException);
        File.ReadAllBytes(folder.File("adapter_config.json")).Should().Equal(config);
        Directory.GetFileSystemEntries(folder.Path).Should().HaveCount(2, "no temporary file stays");
    }

    [Fact]
    public void A_folder_whose_configuration_never_came_is_refused()
    {
        using var adapter = new LoraAdapter("new", [new("layer", SmallLayers.Delta(3, 4, 2, 1, seed: 1))]);
        // A folder in the configuration's place lets everything succeed but the last rename.
        Directory.CreateDirectory(folder.File("adapter_config.json"));
        adapter.Invoking(a => a.Save(folder.Path)).Should().Throw<Exception>().Which.Should().Match(e => e is IOException || e is UnauthorizedAccessException);
        Directory.Delete(folder.File("adapter_config.json"));
        Directory.GetFileSystemEntries(folder.Path).Should().ContainSingle("no temporary file stays");
        FluentActions.Invoking(() => LoraAdapter.Load(folder.Path)).Should().Throw<AdapterException>().WithMessage("*holds no adapter_config.json*");
    }
}
