using LoraComposition;
using LoraComposition.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Documentation.Tests.Snippets;

#region model
public sealed class TwoLayers : Module<Tensor, Tensor>, IAdaptableModel
{
    // Fields of the type Module<Tensor, Tensor>, not Linear: an adapted layer stands there too.
    Module<Tensor, Tensor> first = Linear(16, 32), second = Linear(32, 4);

    public TwoLayers() : base(nameof(TwoLayers))
    {
        RegisterComponents();
        Sites =
        [
            new AdapterSite("first", null, LinearRole.FeedForwardIn, 0, this, nameof(first), () => first, layer => first = layer),
            new AdapterSite("second", null, LinearRole.FeedForwardOut, 0, this, nameof(second), () => second, layer => second = layer),
        ];
    }

    public IReadOnlyList<AdapterSite> Sites { get; }

    public string? BaseModelName => "two-layers";

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return second.call(first.call(input).relu()).MoveToOuterDisposeScope();
    }
}
#endregion

public class ModelSnippets
{
    [Fact]
    public void A_model_of_ones_own()
    {
        using var input = randn(8, 16);
        using var model = new TwoLayers();
        using var before = model.call(input);
        #region model-use
        LoraAdapter adapter;
        using (var tuning = LoraTuning.Attach(model, roles: [LinearRole.FeedForwardIn, LinearRole.FeedForwardOut]))
        {
            // … train tuning.TrainableParameters() …
            adapter = tuning.ToAdapter("my-first");
        }
        using var modules = new AdapterCollection(adapter);   // disposes what it holds
        using var composition = Composition.AttachLearned(model, modules);
        #endregion
        composition.Layers.Select(l => l.Site.Path).Should().Equal("first", "second");
        composition.Detach();
        using var after = model.call(input);
        after.equal(before).all().item<bool>().Should().BeTrue("detaching gives the model back");
    }
}
