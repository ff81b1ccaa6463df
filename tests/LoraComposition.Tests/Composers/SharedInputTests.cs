using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Tests.Composers;

/// <summary>Layers of one input that are evaluated together compute what each computes for itself.</summary>
public sealed class SharedInputTests : IDisposable
{
    const int Width = 16, Tokens = 40, Modules = 3;
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    // With two modules of rank 2 the gradient is taken from the tokens, with ranks of 20 from the weight.
    public static TheoryData<int, bool, bool> Forms => new(from rank in new[] { 2, 20 }
                                                           from learned in new[] { true, false }
                                                           from shared in new[] { true, false }
                                                           select (rank, learned, shared));

    [Theory]
    [MemberData(nameof(Forms))]
    public void Outputs_and_gradients_are_those_of_each_for_itself(int rank, bool learned, bool shared)
    {
        var (together, apart) = (Layers(3, rank, learned, shared), Layers(3, rank, learned, shared));

        var (expected, expectedGradients) = Run(apart, share: false);
        var (found, gradients) = Run(together, share: true);

        together[0].Packed.Should().NotBeNull("they were evaluated together");
        apart[0].Packed.Should().BeNull();
        foreach (var (one, other) in found.Zip(expected)) Distance(one, other).Should().BeLessThan(1e-12);
        foreach (var (one, other) in gradients.Zip(expectedGradients))
        {
            Distance(one, other).Should().BeLessThan(1e-10);
            other.abs().max().item<double>().Should().BeGreaterThan(1e-3);
        }
    }

    [Fact]
    public void Weights_that_moved_are_used_in_the_next_pass()
    {
        var layers = Layers(2, 2, learned: true, shared: false);
        var before = Run(layers, share: true).Outputs;
        using (no_grad()) layers[1].Vector.add_(tensor(new double[] { 1, 0, -1 }));

        var after = Run(layers, share: true).Outputs;

        Distance(after[0], before[0]).Should().Be(0);
        Distance(after[1], before[1]).Should().BeGreaterThan(1e-3);
        Distance(after[1], Run(layers, share: false).Outputs[1]).Should().BeLessThan(1e-12);
    }

    [Fact]
    public void Two_passes_before_a_backward_one_keep_their_weights()
    {
        var layers = Layers(2, 2, learned: true, shared: false);
        var input = Input();
        Tensor Loss() => Outputs(layers, input, share: true).Select((y, i) => y.mul(1 + i).sin().sum()).Aggregate((a, b) => a.add(b));
        var first = Loss();
        using (no_grad()) layers[0].Vector.add_(tensor(new double[] { 2, 0, 0 }));
        Loss();

        first.backward();

        using (no_grad()) layers[0].Vector.sub_(tensor(new double[] { 2, 0, 0 }));
        var expected = Run(Layers(2, 2, learned: true, shared: false), share: false).Gradients;
        Distance(layers[1].Vector.grad!, expected[^1]).Should().BeLessThan(1e-10);
    }

    [Fact]
    public void What_does_not_fit_together_is_evaluated_apart()
    {
        VectorComposer[] ofOtherRank = [Layers(1, 2, true, false)[0], Layers(1, 3, true, false)[0]], ofOtherKind = [Layers(1, 2, true, false)[0], Layers(1, 2, false, false)[0]];
        var ordered = Layers(2, 2, true, false);
        ordered[1].Order = EvaluationOrder.MaterialisedByTokens;
        var fixedWeights = Layers(2, 2, true, false);
        fixedWeights[0].FixWeights();

        foreach (var layers in new[] { ofOtherRank, ofOtherKind, ordered, fixedWeights })
        {
            Outputs(layers, Input(), share: true).Should().HaveCount(2);
            layers[0].Packed.Should().BeNull();
        }
    }

    [Fact]
    public void A_hook_is_called_and_may_put_another_input_in_place()
    {
        var layers = Layers(3, 2, true, false);
        int calls = 0;
        layers[1].register_forward_pre_hook((_, input) =>
        {
            calls++;
            return input.mul(2);
        });
        var input = Input();

        var found = Outputs(layers, input, share: true);

        calls.Should().Be(1);
        var plain = Layers(3, 2, true, false);
        Distance(found[1], plain[1].call(input.mul(2))).Should().BeLessThan(1e-12);
        Distance(found[2], plain[2].call(input)).Should().BeLessThan(1e-12);
    }

    [Fact]
    public void Moved_layers_are_packed_anew()
    {
        var layers = Layers(2, 2, true, false);
        Run(layers, share: true);
        var packed = layers[0].Packed;
        foreach (var layer in layers) layer.to(ScalarType.Float32);
        foreach (var layer in layers) layer.to(ScalarType.Float64);

        var found = Run(layers, share: true).Outputs;

        layers[0].Packed.Should().NotBeSameAs(packed);
        foreach (var (one, other) in found.Zip(Run(Layers(2, 2, true, false), share: false).Outputs)) Distance(one, other).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Query_key_and_value_of_a_vision_transformer_are_evaluated_together()
    {
        using var model = VisionTransformer.Create(new VitConfig
        {
            HiddenSize = Width,
            IntermediateSize = Width,
            HeadCount = 2,
            LayerCount = 2,
            ImageSize = 32,
            PatchSize = 4,
            ClassNames = ["a", "b"]
        }, seed: 1);
        var sites = model.Sites.Where(site => site.LayerIndex == 0 && site.Role is LinearRole.Query or LinearRole.Key or LinearRole.Value).ToArray();
        LoraAdapter[] adapters = [.. Enumerable.Range(0, Modules).Select(n => new LoraAdapter($"module {n}",
            sites.Select((site, i) => KeyValuePair.Create(site.Path, SmallLayers.Delta(Width, Width, 2, 1, 10 * n + i)))))];
        using var composition = Composition.AttachLearned(model, adapters);
        var layers = composition.Layers.Select(pair => (LearnedComposer)pair.Layer).Take(3).ToArray();
        Tensor[] Gradients()
        {
            functional.cross_entropy(model.call(SmallLayers.Input(3, ScalarType.Float32, 2, 3, 32, 32)), zeros(2, dtype: ScalarType.Int64)).backward();
            Tensor[] found = [.. layers.Select(layer => layer.Logits.grad!.clone())];
            foreach (var layer in layers) layer.Logits.grad = null;
            return found;
        }

        var together = Gradients();
        layers[0].Packed.Should().NotBeNull();
        foreach (var layer in layers) layer.Order = EvaluationOrder.MaterialisedByTokens;
        foreach (var (one, other) in together.Zip(Gradients()))
        {
            Distance(one.to(ScalarType.Float64), other.to(ScalarType.Float64)).Should().BeLessThan(1e-6);
            other.abs().max().item<float>().Should().BeGreaterThan(0);
        }
    }

    static VectorComposer[] Layers(int count, int rank, bool learned, bool shared)
    {
        var layers = new List<VectorComposer>();
        for (int i = 0; i < count; i++)
        {
            var plain = SmallLayers.Linear(Width, Width, seed: i, type: ScalarType.Float64);
            LoraDelta[] modules = [.. Enumerable.Range(0, Modules).Select(n => SmallLayers.Delta(Width, Width, rank, 0.5, 10 * i + n, ScalarType.Float64))];
            double[] start = [0.5 * i, -0.5, 1];
            layers.Add((learned, shared && i > 0) switch
            {
                (true, false) => new LearnedComposer(plain, modules, start),
                (true, true) => new LearnedComposer(plain, modules, (LearnedComposer)layers[0]),
                (false, false) => new UnconstrainedComposer(plain, modules, start),
                (false, true) => new UnconstrainedComposer(plain, modules, (UnconstrainedComposer)layers[0]),
            });
        }
        return [.. layers];
    }

    static Tensor Input() => SmallLayers.Input(7, ScalarType.Float64, 2, Tokens, Width);

    static Tensor[] Outputs(IReadOnlyList<VectorComposer> layers, Tensor input, bool share)
    {
        using var inner = NewDisposeScope();
        Module<Tensor, Tensor>[] called = [.. share ? layers : []];
        using var together = SharedInput.Of(input, called);
        return [.. layers.Select(layer => layer.call(input).MoveToOuterDisposeScope())];
    }

    // The input's gradient, then those of the vectors.
    static (Tensor[] Outputs, Tensor[] Gradients) Run(IReadOnlyList<VectorComposer> layers, bool share)
    {
        var input = Input();
        input.requires_grad = true;
        var outputs = Outputs(layers, input, share);
        outputs.Select((y, i) => y.mul(1 + i).sin().sum()).Aggregate((a, b) => a.add(b)).backward();
        var vectors = layers.Select(layer => layer.Vector).Distinct<Parameter>(ReferenceEqualityComparer.Instance).ToArray();
        Tensor[] gradients = [input.grad!.clone(), .. vectors.Select(vector => vector.grad!.clone())];
        foreach (var vector in vectors) vector.grad = null;
        return (outputs, gradients);
    }

    static double Distance(Tensor one, Tensor other) => one.sub(other).abs().max().item<double>();
}
