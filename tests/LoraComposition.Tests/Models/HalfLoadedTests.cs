using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Adapters;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models;

/// <summary>Loading that fails half way lets go of all that it has read.</summary>
public sealed class HalfLoadedTests : IDisposable
{
    readonly Files.TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static void LeavesNothing<TException>(Action load) where TException : Exception
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        load.Should().Throw<TException>();
        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(before);
    }

    [Theory]
    [InlineData("vit-hf")]
    [InlineData("vit-timm")]
    [InlineData("t5-flan")]
    [InlineData("t5-v1.0")]
    public void A_model_that_is_cancelled(string name)
    {
        foreach (int step in new[] { 1, 7 })
        {
            using var stop = new CancellationTokenSource();
            var progress = new ProgressList(report =>
            {
                if (report.Done == step) stop.Cancel();
            });
            LeavesNothing<OperationCanceledException>(() => BaseModel.Load(Fixture.Path(name), progress: progress, cancellation: stop.Token));
        }
    }

    [Fact]
    public void A_model_whose_last_tensor_is_refused()
    {
        foreach (string name in new[] { "vit-hf", "t5-flan" })
        {
            using (NewDisposeScope())
            {
                File.Copy(Fixture.Path(name, "config.json"), folder.File("config.json"), overwrite: true);
                var tensors = Fixture.Tensors(name, "model.safetensors");
                tensors[tensors.Keys.Last()] = zeros(1, dtype: ScalarType.Int64);
                SafetensorsWriter.Write(folder.File("model.safetensors"), tensors);
            }
            LeavesNothing<CheckpointException>(() => BaseModel.Load(folder.Path));
        }
    }

    [Fact]
    public void A_model_whose_reading_fails_half_way()
    {
        foreach (string name in new[] { "vit-hf", "t5-flan" })
        {
            foreach (string file in new[] { "config.json", "model.safetensors" }) File.Copy(Fixture.Path(name, file), folder.File(file), overwrite: true);
            var failing = new ProgressList(report =>
            {
                if (report.Done == 9) throw new IOException("the disk is gone");
            });
            LeavesNothing<IOException>(() => BaseModel.Load(folder.Path, progress: failing));
        }
    }

    [Theory]
    [InlineData("base_model.model.vit.layers.1.attention.v_proj.lora_B.weight")]
    [InlineData("base_model.model.classifier.bias")]
    public void An_adapter_whose_last_tensor_is_refused(string tensor)
    {
        PeftFolder.Copy(folder, "vit-head");
        PeftFolder.Change(folder, tensors => tensors[tensor] = tensors[tensor].mul(double.NaN));
        LeavesNothing<AdapterException>(() => LoraAdapter.Load(folder.Path));
    }

    [Fact]
    public void Adapters_of_which_the_last_is_refused()
    {
        foreach (string name in new[] { "vit-a", "vit-b" })
            using (var adapter = Fixture.Adapter(name)) adapter.Save(folder.File(name));
        PeftFolder.Change(folder.File("vit-b"), tensors => tensors[tensors.Keys.Last()] = tensors[tensors.Keys.Last()].mul(double.NaN));
        LeavesNothing<AdapterException>(() => LoraAdapter.LoadAll(folder.Path));
    }

    [Fact]
    public void A_head_that_cannot_be_copied()
    {
        using var model = Fixture.Vit();
        using var head = new SavedHead(zeros(5, 32), zeros(5));
        head.Bias!.Dispose();
        LeavesNothing<InvalidOperationException>(() => model.SetHead(head));
    }
}
