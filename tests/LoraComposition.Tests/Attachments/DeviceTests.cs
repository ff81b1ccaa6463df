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
    const int Tf32Bits = 10;

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

    public static TheoryData<string, EvaluationOrder> ModelsInEveryOrder
    {
        get
        {
            var data = new TheoryData<string, EvaluationOrder>();
            foreach (string model in DeviceCase.Names)
                foreach (var order in Enum.GetValues<EvaluationOrder>()) data.Add(model, order);
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
        var expected = Compute(model, CPU, order == EvaluationOrder.Stacked ? EvaluationOrder.MaterialisedByTokens : EvaluationOrder.Stacked);
        var actual = Compute(model, place, order);

        // The CPU does not know TF32.
        actual.ShouldBeClose(expected, rounded && place.type == DeviceType.CUDA ? Tf32Bits : null);
    }

    /// <summary>A CPU has no TF32, but a coarser type that rounds the same factors: it shows how far off the bound is, and that it is one.</summary>
    [Theory]
    [MemberData(nameof(ModelsInEveryOrder))]
    public void Bfloat16_stays_in_the_bound_for_its_own_bits_and_not_in_that_of_tf32(string model, EvaluationOrder order)
    {
        var (exact, rounded) = (Compute(model, CPU, order), Compute(model, CPU, order, ScalarType.BFloat16));

        rounded.ShouldBeClose(exact, bits: 7);
        new Action(() => rounded.ShouldBeClose(exact, Tf32Bits)).Should().Throw<Exception>();
    }

    static Result Compute(string model, Device on, EvaluationOrder by, ScalarType type = ScalarType.Float32)
    {
        using var one = DeviceCase.Create(model, type);
        one.To(on);
        using var composition = Composition.AttachLearned(one.Model, one.Adapters);
        foreach (var (_, layer) in composition.Layers) layer.Order = by;
        one.Loss().backward();
        return new(one.Output().detach().cpu(), [.. composition.Layers.Select(l => ((LearnedComposer)l.Layer).Logits.grad!.cpu())], one.ProductsInSequence);
    }

    sealed record Result(Tensor Output, Tensor[] Gradients, int ProductsInSequence)
    {
        /// <param name="expected">The same of float32.</param>
        /// <param name="bits">The explicit bits of mantissa to which the factors of products were rounded; null where they were not.</param>
        public void ShouldBeClose(Result expected, int? bits)
        {
            Output.ShouldBeClose(expected.Output, bits is { } forward ? Bound(forward, ProductsInSequence, Largest([expected.Output])) : 1e-4);
            Gradients.Should().HaveSameCount(expected.Gradients).And.NotBeEmpty();
            double largest = Largest(expected.Gradients);
            largest.Should().BeGreaterThan(1e-3, "else nothing was compared");
            // A gradient went through the products and back through as many.
            double tolerance = bits is { } back ? Bound(back, 2 * ProductsInSequence, largest) : 1e-4;
            foreach (var (gradient, exact) in Gradients.Zip(expected.Gradients)) gradient.ShouldBeClose(exact, tolerance);
        }

        // Rounding to b explicit bits moves a factor by at most 2^-(b+1) of itself, and by 1/√3 of that on average (root of the mean square). A term of a
        // product has two such factors: √2. The terms' errors do not know of each other, so they grow in a sum as the sum of terms of either sign does, and
        // the result is off by the same part of its own size. Neither do those of one product and the next: n in sequence, between which norms and residuals
        // keep the size, give √n. Four standard deviations cover the largest of some hundred numbers: 4·√2/√3 = 3.3, here 4 times √n · 2^-(b+1). On
        // the fixtures that is 0.028 for the ViT's logits and 0.12 for the T5's; a GPU was seen to be 0.004 to 0.013 off.
        static double Bound(int bits, int products, double size) => 4 * Math.Sqrt(products) * Math.ScaleB(1, -(bits + 1)) * size;

        static double Largest(IEnumerable<Tensor> tensors) => tensors.Max(tensor => tensor.abs().max().item<float>());
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
    public void Many_steps_keep_memory_flat(string device, string model)
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
        if (place.type == DeviceType.CUDA)
        {
            // A backward pass on a GPU runs on a thread of its own, whose tensors this thread's count does not know: the device tells. Torch takes its
            // memory 2 MiB at a time and gives none back; the smallest tensor takes 512 bytes of it, so one left behind by each step shows after 4096.
            long? bytes = DeviceMemory.Peak(place);
            Steps(5000);
            DeviceMemory.Peak(place).Should().Be(bytes);
        }
        else
        {
            // The CPU's memory is shared with the other tests, but its backward pass runs on this thread.
            long tensors = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            Steps(500);
            DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(tensors);
        }
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

    /// <summary>In float64, so that no rounding decides which modules a token is given.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void Tokens_are_routed_on_the_device_as_on_the_cpu(string device, string model)
    {
        var place = DeviceCase.Open(device);
        using var noGrad = no_grad();
        using var one = DeviceCase.Create(model, ScalarType.Float64);
        var plain = one.Output();
        Tensor routed;
        using (RoutedComposition.AttachArrow(one.Model, one.Adapters))
        {
            routed = one.Output();
            one.To(place);
            one.Output().cpu().ShouldBeClose(routed, 1e-9, "moved after attaching");
        }
        using (RoutedComposition.AttachArrow(one.Model, one.Adapters)) one.Output().cpu().ShouldBeClose(routed, 1e-9, "moved before");

        routed.Distance(plain).Should().BeGreaterThan(1e-2);
    }
}
