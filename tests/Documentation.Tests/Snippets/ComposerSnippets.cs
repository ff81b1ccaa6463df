using Documentation.Tests.Support;
using LoraComposition;
using LoraComposition.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Documentation.Tests.Snippets;

#region composer
/// <summary>Σ λₙ·ΔWₙ with free λ (no softmax), which starts at the mean.</summary>
public sealed class FreeComposer : LoraComposer
{
    readonly Parameter lambda;

    public FreeComposer(Linear layer, IReadOnlyList<LoraDelta?> modules) : base(nameof(FreeComposer), layer, modules)
    {
        lambda = new Parameter(full(ModuleCount, 1.0 / ModuleCount, device: layer.weight!.device));
        lambda.DetachFromDisposeScope();   // it belongs to this module, whatever scope stands around
        RegisterComponents();
    }

    protected override IReadOnlyList<Parameter> TrainedWeights => [lambda];

    public override Tensor Weights() => lambda.alias();   // a new handle within the graph: the caller disposes it
}
#endregion

#region router
/// <summary>Weights from a trained linear router: every token has its own.</summary>
public sealed class LinearRouter : RoutedComposer
{
    readonly Parameter gate;

    public LinearRouter(Linear layer, IReadOnlyList<LoraDelta?> modules) : base(nameof(LinearRouter), layer, modules)
    {
        gate = new Parameter(zeros(ModuleCount, layer.in_features, device: layer.weight!.device));
        gate.DetachFromDisposeScope();
        RegisterComponents();
    }

    public override IReadOnlyList<Parameter> TrainableParameters => [gate];

    public override Tensor Route(Tensor input) => nn.functional.linear(input, gate).softmax(-1);   // […, in] → […, N]
}
#endregion

#region merge-method
/// <summary>Of each layer the one update that is longest.</summary>
public sealed class LongestMerge() : MergeMethod("longest")
{
    protected override LayerUpdate Compose(MergeLayer layer) => new(layer.Read(layer.Present.MaxBy(n => Length(layer, n))));

    static double Length(MergeLayer layer, int module)
    {
        using var delta = layer.Read(module);
        return DeltaGeometry.FrobeniusNorm(delta);
    }
}
#endregion

public class ComposerSnippets
{
    [Fact]
    public void A_merge_method_and_one_of_ones_own()
    {
        using var workplace = new Workplace();
        using var model = VisionTransformer.Load("vit");
        using var modules = LoraAdapter.LoadAll("modules");
        {
            #region attach-merged
            using var merged = Composition.AttachMerged(model, modules, new TiesMerge(density: 0.3));
            #endregion
            merged.ToProvenance().Method.Should().Be("ties");
        }
        using var longest = Composition.AttachMerged(model, modules, new LongestMerge());
        using var adapter = longest.ToAdapter("mine");
        adapter.Provenance!.Method.Should().Be("longest");
        adapter.Layers.Should().OnlyContain(layer => modules.Any(module => module.Layers[layer.Key].ToDense().allclose(layer.Value.ToDense(), 1e-4, 1e-6)));
    }

    [Fact]
    public void A_router_of_ones_own_and_arrow()
    {
        using var workplace = new Workplace();
        using var model = VisionTransformer.Load("vit");
        var modules = LoraAdapter.LoadAll("modules");
        using var images = randn(4, 3, 32, 32);
        Tensor plain = model.call(images).detach(), uniform;
        using (Composition.AttachUniform(model, modules)) uniform = model.call(images).detach();
        {
            #region poly
            using var poly = PolyComposition.Attach(model, modules, heads: 4);
            #endregion
            poly.TrainableParameterCount.Should().Be(poly.Layers.Count * 4 * modules.Count);
        }
        {
            #region arrow
            using var routed = RoutedComposition.AttachArrow(model, modules, new ArrowOptions { TopK = 2 });
            #endregion
            model.call(images).allclose(uniform, 1e-4, 1e-5).Should().BeFalse("tokens differ in what they are given");
            routed.Invoking(r => r.MergeIntoBase()).Should().Throw<NotSupportedException>();
        }
        model.call(images).allclose(plain, 0, 0).Should().BeTrue();
        {
            #region router-attach
            using var routed = RoutedComposition.Attach(model, modules, (site, layer, updates) => new LinearRouter(layer, updates));
            #endregion
            model.call(images).allclose(uniform, 1e-4, 1e-5).Should().BeTrue("it starts at the mean");
            model.call(images).square().sum().backward();
            routed.TrainableParameters().Should().OnlyContain(gate => gate.grad!.abs().max().item<float>() > 0);
        }
    }

    [Fact]
    public void A_composer_of_ones_own()
    {
        using var workplace = new Workplace();
        using var model = VisionTransformer.Load("vit");
        var modules = LoraAdapter.LoadAll("modules");
        using var images = randn(4, 3, 32, 32);
        using var labels = tensor(new long[] { 0, 1, 2, 3 });
        Tensor uniform;
        using (Composition.AttachUniform(model, modules)) uniform = model.call(images).detach();
        #region composer-attach
        using var composition = Composition.Attach(model, modules, (site, layer, updates) => new FreeComposer(layer, updates));
        #endregion
        model.call(images).allclose(uniform, 1e-4, 1e-5).Should().BeTrue("it starts at the mean");

        using var optimizer = optim.AdamW(composition.TrainableParameters(), lr: 0.1);
        for (int i = 0; i < 5; i++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            nn.functional.cross_entropy(model.call(images), labels).backward();
            optimizer.step();
        }
        composition.ReadWeights().Should().Contain(layer => Math.Abs(layer.Weights.Sum() - 1) > 1e-3, "no softmax keeps the sum at one");
        using var adapter = composition.ToAdapter("mine");
        adapter.Provenance!.Method.Should().Be("free");
    }
}
