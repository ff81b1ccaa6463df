using LoraComposition.Models;
using LoraComposition.Tests.Conventions.BadSamples;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Tests.Conventions;

/// <summary>Every module of the library survives a move, gives its memory back and can be saved as a state.</summary>
public class ModuleTests
{
    static readonly VitConfig vit = new() { HiddenSize = 16, LayerCount = 2, HeadCount = 2, IntermediateSize = 24, ImageSize = 8, PatchSize = 4, ClassNames = ["a", "b", "c"] };

    static readonly VitConfig withEveryPart = vit with
    {
        Family = new TimmVit("every"),
        Parts = new() { DistillationToken = true, RegisterCount = 2, NormBeforeBlocks = true, LayerScale = true, Activation = VitActivation.SwiGlu, Pooling = VitPooling.Attention },
    };

    static readonly T5Config t5 = new() { VocabularySize = 20, HiddenSize = 8, EncoderLayerCount = 2, DecoderLayerCount = 2, HeadCount = 2, KeyValueSize = 4, IntermediateSize = 12 };

    static readonly Dictionary<string, (Func<int, Module> Make, Func<Module, ScalarType, Tensor> Compute)> modules = new()
    {
        ["lora"] = (seed => new LoraLinear(SmallLayers.Linear(6, 4, seed: seed), SmallLayers.Delta(6, 4, 2, 1.5, seed + 50), dropout: 0), Layer),
        ["uniform"] = (seed => new UniformComposer(SmallLayers.Linear(6, 4, seed: seed), Deltas(seed)), Layer),
        ["learned"] = (seed => new LearnedComposer(SmallLayers.Linear(6, 4, seed: seed), Deltas(seed), [seed, 0.5]), Layer),
        ["unconstrained"] = (seed => new UnconstrainedComposer(SmallLayers.Linear(6, 4, seed: seed), Deltas(seed), [seed, 0.5]), Layer),
        ["residual"] = (seed => WithResidual(new LearnedComposer(SmallLayers.Linear(6, 4, seed: seed), Deltas(seed), [seed, 0.5]), seed), Layer),
        ["weighted"] = (seed => new WeightedComposer(SmallLayers.Linear(6, 4, seed: seed), Deltas(seed), [0.3, -0.2]), Layer),
        ["poly"] = (seed => WithSelector(new PolyComposer(SmallLayers.Linear(6, 4, seed: seed), [SmallLayers.Delta(6, 4, 2, 1.5, seed + 50), SmallLayers.Delta(6, 4, 2, 0.5, seed + 60)], heads: 2), seed), Layer),
        ["arrow"] = (seed => new ArrowComposer(SmallLayers.Linear(6, 4, seed: seed), Deltas(seed)), Layer),
        ["vit"] = (seed => VisionTransformer.Create(vit, seed), (module, type) => ((Module<Tensor, Tensor>)module).call(SmallLayers.Input(9, ScalarType.Float32, 2, 3, 8, 8).to(type))),
        ["vit with every part"] = (seed => VisionTransformer.Create(withEveryPart, seed), (module, type) => ((Module<Tensor, Tensor>)module).call(SmallLayers.Input(9, ScalarType.Float32, 2, 3, 8, 8).to(type))),
        ["t5"] = (seed => T5Model.Create(t5, seed), Text),
        ["umt5"] = (seed => T5Model.Create(t5 with { Family = T5Family.Umt5 }, seed), Text),
        ["t5 gated"] = (seed => T5Model.Create(t5 with { FeedForward = T5FeedForwardKind.GatedGelu, TiedHead = false, ScaledHead = false }, seed), Text),
    };

    static LearnedComposer WithResidual(LearnedComposer composer, int seed)
    {
        using var noGrad = no_grad();
        composer.AddResidual(new LoraOptions { Rank = 2 });
        foreach (var parameter in composer.ResidualParameters) parameter.copy_(SmallLayers.Input(seed + 70, ScalarType.Float32, parameter.shape));
        return composer;
    }

    static PolyComposer WithSelector(PolyComposer composer, int seed)
    {
        using var noGrad = no_grad();
        composer.Selector.copy_(SmallLayers.Input(seed + 70, ScalarType.Float32, composer.Selector.shape));
        return composer;
    }

    public static TheoryData<string> Names => [.. modules.Keys];

    [Fact]
    public void A_module_that_does_not_register_its_tensors_is_found()
    {
        using var scope = NewDisposeScope();
        Tensor Compute(Module module) => ((Forgetful)module).call(ones(2));

        ModuleRules.AfterTo(new Forgetful(1), ScalarType.Float64).Should().ContainSingle().Which.Should().Contain("weight");
        ModuleRules.AfterTo(new Forgetful(1), META).Should().ContainSingle().Which.Should().Contain("weight");
        ModuleRules.AfterDispose(new Forgetful(1)).Should().ContainSingle().Which.Should().Contain("weight");
        FluentActions.Invoking(() => ModuleRules.AfterRoundTrip(new Forgetful(1), new Forgetful(2), Compute)).Should().NotThrow().Which.Should().Equal("computes something else");
    }

    [Fact]
    public void Every_module_of_the_library_is_among_those_tested()
    {
        using var scope = NewDisposeScope();
        var all = typeof(LoraLinear).Assembly.GetTypes().Where(type => typeof(Module).IsAssignableFrom(type) && !type.IsAbstract);

        modules.Values.Select(m => m.Make(0)).SelectMany(module => module.modules().Append(module)).Select(module => module.GetType()).Should().Contain(all);
    }

    /// <summary>After a forward pass, because composers keep merged weights from it.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void It_can_be_moved_to_another_type(string name)
    {
        using var scope = NewDisposeScope();
        var (make, compute) = modules[name];
        using var module = make(1);
        var before = compute(module, ScalarType.Float32);

        ModuleRules.AfterTo(module, ScalarType.Float64).Should().BeEmpty();

        var after = compute(module, ScalarType.Float64);
        after.dtype.Should().Be(ScalarType.Float64);
        after.ShouldBeClose(before);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_can_be_moved_to_another_device(string name)
    {
        using var scope = NewDisposeScope();
        using var module = modules[name].Make(1);

        ModuleRules.AfterTo(module, META).Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Disposed_it_keeps_no_tensor(string name)
    {
        using var scope = NewDisposeScope();
        var module = modules[name].Make(1);
        modules[name].Compute(module, ScalarType.Float32);

        ModuleRules.AfterDispose(module).Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_state_makes_another_one_the_same(string name)
    {
        using var scope = NewDisposeScope();
        var (make, compute) = modules[name];
        using Module source = make(1), target = make(2);

        ModuleRules.AfterRoundTrip(source, target, module => compute(module, ScalarType.Float32)).Should().BeEmpty();
    }

    static LoraDelta[] Deltas(int seed) => [SmallLayers.Delta(6, 4, 2, 1.5, seed + 50), SmallLayers.Delta(6, 4, 3, 0.5, seed + 70)];

    static Tensor Layer(Module module, ScalarType type) => ((Module<Tensor, Tensor>)module).call(SmallLayers.Input(9, ScalarType.Float32, 3, 6).to(type));

    static Tensor Text(Module module, ScalarType _) => ((T5Model)module).call(tensor(new long[,] { { 4, 7, 1 } }), null, tensor(new long[,] { { 0, 5 } }));
}
