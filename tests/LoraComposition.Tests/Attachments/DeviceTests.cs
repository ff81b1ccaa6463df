using LoraComposition.Benchmarks;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

/// <summary>
/// Compositions on a GPU agree with the CPU. Each test runs with the CPU as the device too, so that its body is known to work; with a GPU it skips itself,
/// visibly, where there is none.
/// </summary>
[Collection("TF32")] // a setting of the whole process
public sealed class DeviceTests : IDisposable
{
    static readonly string[] Devices = ["cpu", "cuda"];

    readonly DisposeScope scope = NewDisposeScope();
    readonly bool tf32 = ComputeDevice.AllowTf32;

    public void Dispose()
    {
        ComputeDevice.AllowTf32 = tf32;
        scope.Dispose();
    }

    public static TheoryData<string, string> Models => Pairs(DeviceCase.Names);

    public static TheoryData<string, string, EvaluationOrder, bool> Orders
    {
        get
        {
            var data = new TheoryData<string, string, EvaluationOrder, bool>();
            foreach (string device in Devices)
                foreach (string model in DeviceCase.Names)
                    foreach (var order in Enum.GetValues<EvaluationOrder>())
                        foreach (bool rounded in (bool[])[false, true]) data.Add(device, model, order, rounded);
            return data;
        }
    }

    static TheoryData<string, string> Pairs(IEnumerable<string> others)
    {
        var data = new TheoryData<string, string>();
        foreach (string device in Devices)
            foreach (string other in others) data.Add(device, other);
        return data;
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Outputs_and_gradients_equal_those_of_the_cpu(string device, string model, EvaluationOrder order, bool rounded)
    {
        var place = DeviceCase.Open(device);
        ComputeDevice.AllowTf32 = rounded;

        // The CPU takes another order than the device, so that it is never compared with itself.
        var (expected, actual) = (Compute(CPU, order == EvaluationOrder.Stacked ? EvaluationOrder.MaterialisedByTokens : EvaluationOrder.Stacked), Compute(place, order));

        double tolerance = rounded ? 1e-3 : 1e-4;
        actual.Output.ShouldBeClose(expected.Output, tolerance);
        actual.Gradients.Should().HaveSameCount(expected.Gradients).And.NotBeEmpty();
        for (int i = 0; i < expected.Gradients.Length; i++) actual.Gradients[i].ShouldBeClose(expected.Gradients[i], tolerance);
        expected.Gradients.Max(g => g.abs().max().item<float>()).Should().BeGreaterThan(1e-3f, "else nothing was compared");

        (Tensor Output, Tensor[] Gradients) Compute(Device on, EvaluationOrder by)
        {
            using var one = DeviceCase.Create(model);
            one.To(on);
            using var composition = Composition.AttachLearned(one.Model, one.Adapters);
            foreach (var (_, layer) in composition.Layers) layer.Order = by;
            one.Loss().backward();
            return (one.Output().detach().cpu(), [.. composition.Layers.Select(l => ((LearnedComposer)l.Layer).Logits.grad!.cpu())]);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Training_in_bfloat16_converges(string device, string model)
    {
        var place = DeviceCase.Open(device);
        using var one = DeviceCase.Create(model, ScalarType.BFloat16);
        one.To(place);
        using var composition = Composition.AttachLearned(one.Model, one.Adapters);
        using var optimizer = optim.AdamW(composition.TrainableParameters(), lr: 0.1);

        float Step()
        {
            using var step = NewDisposeScope();
            var loss = one.Loss().to(ScalarType.Float32);
            loss.backward();
            optimizer.step();
            optimizer.zero_grad();
            return loss.item<float>();
        }
        float first = Step(), last = first;
        for (int i = 0; i < 60; i++) last = Step();

        composition.TrainableParameters().Should().OnlyContain(v => v.dtype == ScalarType.Float32 && v.device_type == place.type);
        float.IsFinite(last).Should().BeTrue();
        last.Should().BeLessThan(first - 0.02f);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Five_hundred_steps_keep_memory_flat(string device, string model)
    {
        var place = DeviceCase.Open(device);
        using var one = DeviceCase.Create(model);
        one.To(place);
        using var composition = Composition.AttachLearned(one.Model, one.Adapters);
        using var optimizer = optim.AdamW(composition.TrainableParameters(), lr: 0.01);
        void Steps(int count)
        {
            for (int i = 0; i < count; i++)
            {
                using var step = NewDisposeScope();
                one.Loss().backward();
                optimizer.step();
                optimizer.zero_grad();
            }
        }

        Steps(50);
        var (tensors, bytes) = (DisposeScopeManager.Statistics.ThreadTotalLiveCount, DeviceMemory.Peak(place));
        Steps(500);

        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(tensors);
        // Torch keeps what it takes from a GPU and takes more only when it needs more at once. The CPU's memory is shared with the other tests.
        if (place.type == DeviceType.CUDA) DeviceMemory.Peak(place).Should().Be(bytes);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Merged_and_exported_on_the_device_it_gives_the_same(string device, string model)
    {
        var place = DeviceCase.Open(device);
        using var noGrad = no_grad();
        using var folder = new TemporaryFolder();
        using var one = DeviceCase.Create(model);
        one.To(place);
        var plain = one.Output();
        Tensor attached;
        using (var composition = Composition.AttachWeighted(one.Model, one.Adapters, [0.5, -0.2, 0.7]))
        {
            attached = one.Output();
            using (var adapter = composition.ToAdapter("composed")) adapter.Save(folder.Path);
        }
        attached.Distance(plain).Should().BeGreaterThan(1e-2, "the adapters change the output");
        one.Output().ShouldBeIdentical(plain, "detaching is exact");

        using (var exported = LoraAdapter.Load(folder.Path))
        using (Composition.AttachUniform(one.Model, [exported])) one.Output().ShouldBeClose(attached);
        using (var composition = Composition.AttachWeighted(one.Model, one.Adapters, [0.5, -0.2, 0.7])) composition.MergeIntoBase();
        one.Output().ShouldBeClose(attached);
        ((nn.Module)one.Model).parameters().Should().OnlyContain(p => p.device_type == place.type);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_composed_model_moves_with_its_parts_and_trains_there(string device, string model)
    {
        var place = DeviceCase.Open(device);
        using var one = DeviceCase.Create(model);
        using var composition = Composition.AttachLearned(one.Model, one.Adapters);
        var before = one.Output().detach();

        one.To(place);

        one.Output().cpu().ShouldBeClose(before);
        composition.TrainableParameters().Should().OnlyContain(v => v.device_type == place.type);
        using (var optimizer = optim.AdamW(composition.TrainableParameters(), lr: 0.5))
        {
            one.Loss().backward();
            optimizer.step();
        }
        var trained = one.Output().detach().cpu();
        trained.Distance(before).Should().BeGreaterThan(1e-4, "the step reached the weights in use");

        one.To(CPU);
        one.Output().ShouldBeClose(trained);
    }
}
