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

public class ComposerSnippets
{
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
