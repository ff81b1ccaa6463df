using LoraComposition.Files;
using LoraComposition.Tests.Files;
using LoraComposition.Tests.Support;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;
using TemporaryFolder = LoraComposition.Tests.Files.TemporaryFolder;

namespace LoraComposition.Tests.Adapters;

/// <summary>An adapter that is open but not read says and reads the same as one that is loaded.</summary>
public sealed class AdapterFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("vit-a")]
    [InlineData("vit-rslora")]
    [InlineData("vit-pattern")]
    [InlineData("vit-head")]
    [InlineData("vit-layers")]
    [InlineData("t5-a")]
    public void It_is_what_is_loaded(string fixture)
    {
        using var loaded = LoraAdapter.Load(PeftFolder.Fixture(fixture));
        using var file = AdapterFile.Open(PeftFolder.Fixture(fixture));
        file.Layers.Keys.Should().Equal(loaded.Layers.Keys);
        foreach (var (path, layer) in file.Layers)
        {
            using var delta = file.Read(path);
            var expected = loaded.Layers[path];
            layer.Should().Be(new AdapterLayer(path, expected.OutFeatures, expected.InFeatures, expected.Rank, expected.Scaling, ScalarType.Float32));
            delta.A.ShouldBeIdentical(expected.A);
            delta.B.ShouldBeIdentical(expected.B);
            (delta.Scaling, delta.Alpha).Should().Be((expected.Scaling, expected.Alpha));
        }
        (file.Name, file.BaseModel, file.Revision, file.Fingerprint, file.WeightsPath, file.ParameterCount)
            .Should().Be((loaded.Name, loaded.BaseModel, loaded.Revision, loaded.Fingerprint!, loaded.WeightsPath!, loaded.ParameterCount));
        file.Warnings.Should().Equal(loaded.Warnings);
        file.Saved.Keys.Should().Equal(loaded.Head is null ? [] : ["classifier.bias", "classifier.weight"]);
        if (loaded.Head is not { } head) return;
        using var weight = file.ReadSaved("classifier.weight");
        weight.ShouldBeIdentical(head.Weight);
        file.Saved["classifier.weight"].Should().BeEquivalentTo(new SavedTensor("classifier.weight", "classifier", ScalarType.Float32, head.Weight.shape));
    }

    [Fact]
    public void What_is_half_stays_small_in_the_file_and_what_is_double_stays_exact()
    {
        var layout = ArchitectureLayout.Called("llama");
        using var half = AdapterFile.Open(layout.Write(folder.File("half"), 1, dtype: ScalarType.BFloat16));
        using var exact = AdapterFile.Open(layout.Write(folder.File("exact"), 1, dtype: ScalarType.Float64));
        var layer = half.Layers.Keys.First();
        using var fromHalf = half.Read(layer);
        using var fromExact = exact.Read(layer);
        (half.Layers[layer].Dtype, fromHalf.A.dtype).Should().Be((ScalarType.BFloat16, ScalarType.Float32));
        (exact.Layers[layer].Dtype, fromExact.A.dtype).Should().Be((ScalarType.Float64, ScalarType.Float64));
        using var adapter = exact.ToAdapter();
        adapter.Layers[layer].B.dtype.Should().Be(ScalarType.Float32);
    }

    [Fact]
    public void Numbers_that_are_none_are_refused_where_they_are_read()
    {
        PeftFolder.Copy(folder);
        using var before = AdapterFile.Open(folder.Path);
        var (first, second) = (before.Layers.Keys.First(), before.Layers.Keys.ElementAt(1));
        PeftFolder.Change(folder, tensors => tensors[$"base_model.model.{second}.lora_B.weight"][0, 0] = double.NaN);
        using var file = AdapterFile.Open(folder.Path);
        file.Read(first).Dispose();
        file.Invoking(f => f.Read(second)).Should().Throw<AdapterException>()
            .WithMessage($"*adapter_model.safetensors: tensor 'base_model.model.{second}.lora_B.weight' holds NaN or infinite numbers*");
        file.Invoking(f => f.ToAdapter()).Should().Throw<AdapterException>();
        using var lenient = AdapterFile.Open(folder.Path, options: new() { AllowNonFinite = true });
        lenient.Read(second).Dispose();
        using var adapter = lenient.ToAdapter();
        adapter.Warnings.Should().ContainSingle().Which.Should().Contain("holds NaN");
    }

    [Fact]
    public void A_file_that_was_changed_meanwhile_is_refused()
    {
        PeftFolder.Copy(folder);
        using var file = AdapterFile.Open(folder.Path);
        PeftFolder.Change(folder, tensors => tensors[tensors.Keys.First()].zero_());
        File.SetLastWriteTimeUtc(file.WeightsPath, new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        foreach (var use in (Action<AdapterFile>[])[f => f.Read(f.Layers.Keys.First()), f => f.ToAdapter(), f => _ = f.Fingerprint])
            file.Invoking(use).Should().Throw<AdapterException>().WithMessage("*adapter_model.safetensors: the file was changed after it was opened*");
    }

    [Fact]
    public void What_was_read_is_a_copy()
    {
        PeftFolder.Copy(folder);
        using var file = AdapterFile.Open(folder.Path);
        using var delta = file.Read(file.Layers.Keys.First());
        using var before = delta.A.clone();
        var bytes = File.ReadAllBytes(file.WeightsPath);
        // In place, where a mapped page that was not yet used would show it.
        using (var stream = File.OpenWrite(file.WeightsPath)) stream.Write(new byte[bytes.Length]);
        delta.A.ShouldBeIdentical(before);
    }

    [Fact]
    public void A_name_that_is_not_there_is_misuse()
    {
        using var file = AdapterFile.Open(PeftFolder.Fixture("vit-a"));
        file.Invoking(f => f.Read("x")).Should().Throw<ArgumentException>().WithMessage("Adapter 'vit-a' has no layer 'x'.*");
        file.Invoking(f => f.ReadSaved("x")).Should().Throw<ArgumentException>().WithMessage("Adapter 'vit-a' has no saved tensor 'x'.*");
    }

    [Fact]
    public void A_thousand_are_open_at_once_and_hold_no_file()
    {
        var layout = ArchitectureLayout.Called("bert");
        var first = layout.Write(folder.File("0000"), 1);
        for (var i = 1; i < 1000; i++)
        {
            Directory.CreateDirectory(folder.File($"{i:D4}"));
            foreach (var name in (string[])["adapter_config.json", "adapter_model.safetensors"])
                File.Copy(Path.Combine(first, name), Path.Combine(folder.File($"{i:D4}"), name));
        }
        var progress = new ProgressList();
        var files = AdapterFile.OpenAll(folder.Path, progress: progress);
        files.Select(file => file.Name).Should().Equal(Enumerable.Range(0, 1000).Select(i => $"{i:D4}"));
        progress.Reports.Should().Equal(ProgressList.Steps(1000));
        foreach (var file in files) file.Read(file.Layers.Keys.First()).Dispose();
        ReferenceEquals(files[0].Layers.Keys.First(), files[999].Layers.Keys.First()).Should().BeTrue("a thousand adapters of one kind share the names of their layers");
        if (OperatingSystem.IsLinux())
            Directory.GetFiles("/proc/self/fd").Select(fd => new FileInfo(fd).LinkTarget ?? "").Should().NotContain(target => target.StartsWith(folder.Path, StringComparison.Ordinal));
        foreach (var file in files) file.Dispose();
    }

    [Fact]
    public void Opening_can_be_cancelled_and_tells_what_it_found()
    {
        foreach (var name in (string[])["b", "a"]) ArchitectureLayout.Called("qwen").Write(folder.File(name), 1);
        Directory.CreateDirectory(folder.File("c"));
        using var source = new CancellationTokenSource();
        FluentActions.Invoking(() => AdapterFile.OpenAll(folder.Path, progress: new ProgressList(_ => source.Cancel()), cancellation: source.Token)).Should().Throw<OperationCanceledException>();
        var logger = new CollectingLogger();
        AdapterFile.OpenAll(folder.Path, logger: logger).Should().HaveCount(2);
        logger.At(LogLevel.Information).Where(text => text.StartsWith("Opened adapter", StringComparison.Ordinal)).Should().HaveCount(2);
        logger.At(LogLevel.Warning).Should().ContainSingle().Which.Should().EndWith("it holds no adapter");
    }
}
