using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

public class RoutedCompositionTests
{
    // In float64, so that no rounding decides which module a token is given.
    static (IBaseModel Model, LoraAdapter[] Adapters, Func<Tensor> Call) Create(string name)
    {
        if (name == "vit")
        {
            var vit = Fixture.Vit();
            vit.to(ScalarType.Float64);
            vit.eval();
            var pixels = Fixture.Tensors("vit-hf", "io.safetensors")["pixel_values"].to(ScalarType.Float64);
            return (vit, Fixture.Adapters(), () => vit.call(pixels));
        }
        var t5 = Fixture.T5(dtype: ScalarType.Float64);
        t5.eval();
        var io = Fixture.Tensors("t5-flan", "io.safetensors");
        var decoderIds = t5.ShiftRight(io["labels"]);
        return (t5, [Fixture.Adapter("t5-a"), Fixture.Adapter("t5-b"), Fixture.Adapter("t5-qkv")], () => t5.call(io["input_ids"], io["attention_mask"], decoderIds));
    }

    static Dictionary<string, Tensor> Snapshot(IAdaptableModel model) => ((nn.Module)model).state_dict().ToDictionary(p => p.Key, p => p.Value.clone());

    static void ShouldBeAsBefore(IAdaptableModel model, Dictionary<string, Tensor> before)
    {
        var state = ((nn.Module)model).state_dict();
        state.Keys.Should().Equal(before.Keys);
        foreach (var (name, value) in state) value.ShouldBeIdentical(before[name], name);
        model.Sites.Should().OnlyContain(site => site.Layer is Linear);
    }

    /// <summary>t5-qkv adapts layers that the others leave alone, so prototypes are missing there.</summary>
    [Theory]
    [InlineData("vit", 1)]
    [InlineData("vit", 2)]
    [InlineData("vit", 3)]
    [InlineData("t5", 2)]
    [InlineData("t5", 3)]
    public void Arrow_in_a_model_is_the_loop_over_tokens_and_modules_and_detaches_without_a_trace(string name, int topK)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (model, adapters, call) = Create(name);
        using var owned = (IDisposable)model;
        var (state, plain) = (Snapshot(model), call());
        var match = AdapterMatch.Resolve(model, adapters, logger: null);
        foreach (var (site, modules) in match) site.Replace(new SlowArrow(site.PlainLayer, modules, topK));
        var expected = call();
        foreach (var (site, modules) in match) site.Replace(((SlowArrow)site.Layer).Borrowed);
        ShouldBeAsBefore(model, state);

        using (var composition = RoutedComposition.AttachArrow(model, adapters, new ArrowOptions { TopK = topK }))
        {
            call().ShouldBeClose(expected, 1e-9);
            composition.Layers.Select(l => l.Site).Should().Equal(match.Keys);
            composition.AdapterNames.Should().Equal(adapters.Select(a => a.Name));
            composition.TrainableParameters().Should().BeEmpty();
        }

        expected.Distance(plain).Should().BeGreaterThan(1e-3);
        ShouldBeAsBefore(model, state);
        call().ShouldBeIdentical(plain);
    }

    [Theory]
    [InlineData("vit")]
    [InlineData("t5")]
    public void A_router_of_ones_own_trains_and_nothing_else_does(string name)
    {
        using var scope = NewDisposeScope();
        var (model, adapters, call) = Create(name);
        using var owned = (IDisposable)model;
        using var composition = RoutedComposition.Attach(model, adapters, (_, layer, modules) => new LinearRouter(layer, modules));
        var before = Snapshot(model);
        var gates = composition.TrainableParameters();
        gates.Should().HaveCount(composition.Layers.Count);
        composition.TrainableParameterCount.Should().Be(gates.Sum(g => g.numel()));
        using var optimizer = optim.AdamW(gates, lr: 0.05);

        call().square().sum().backward();
        optimizer.step();

        foreach (var (key, value) in ((nn.Module)model).state_dict())
            if (key.EndsWith(".gate", StringComparison.Ordinal)) value.Distance(before[key]).Should().BeGreaterThan(1e-3, key);
            else value.ShouldBeIdentical(before[key], key);
    }

    [Theory]
    [InlineData("vit")]
    [InlineData("t5")]
    public void Merging_is_refused_by_name_and_changes_nothing(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (model, adapters, call) = Create(name);
        using var owned = (IDisposable)model;
        var (state, merged) = (Snapshot(model), new ProgressList());
        using (var composition = RoutedComposition.AttachArrow(model, adapters))
        {
            var routed = call();
            string path = composition.Layers[0].Site.Path;

            composition.Invoking(c => c.MergeIntoBase(merged)).Should().Throw<NotSupportedException>().WithMessage($"ArrowComposer '{path}' *neither merged nor exported*fixed weights*");

            merged.Reports.Should().BeEmpty();
            composition.Layers.Should().HaveCount(model.Sites.Count(site => site.Layer is ArrowComposer));
            call().ShouldBeIdentical(routed, "it stays attached");
        }
        ShouldBeAsBefore(model, state);
    }

    [Fact]
    public void A_head_trains_and_stays_in_the_model()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        using (var composition = RoutedComposition.AttachArrow(model, Fixture.Adapters(), trainHead: true))
        {
            composition.TrainableParameters(includeHead: true).Should().Equal(model.Classifier!.weight!, model.Classifier.bias!);
            using (no_grad()) model.Classifier.weight!.fill_(3);
        }
        model.Classifier!.weight!.ShouldBeIdentical(full_like(model.Classifier.weight!, 3));
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_leaves_the_model_as_it_was()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        var state = Snapshot(model);
        var flags = model.parameters().Select(p => p.requires_grad).ToArray();
        var adapters = Fixture.Adapters();
        var (path, broken) = adapters[1].Layers.Last();
        broken.A[0, 0] = float.PositiveInfinity;

        FluentActions.Invoking(() => RoutedComposition.AttachArrow(model, adapters)).Should().Throw<ArgumentException>().WithMessage($"Adapter 'vit-b', layer '{path}': lora_A holds NaN or infinite*");
        FluentActions.Invoking(() => RoutedComposition.AttachArrow(model, [Fixture.Adapter("t5-a")])).Should().Throw<AdapterMismatchException>();
        FluentActions.Invoking(() => RoutedComposition.AttachArrow(model, Fixture.Adapters(), new ArrowOptions { TopK = 0 })).Should().Throw<ArgumentException>().WithMessage("*is 0*");

        ShouldBeAsBefore(model, state);
        model.parameters().Select(p => p.requires_grad).Should().Equal(flags);
    }
}
