using LoraComposition.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

public class PolyCompositionTests
{
    static LoraAdapter[] Adapters()
    {
        // Two modules of one rank on the same layers.
        var first = Fixture.Adapter("vit-a");
        var second = new LoraAdapter("other", first.Layers.Select((layer, i) => KeyValuePair.Create(layer.Key,
            SmallLayers.Delta(layer.Value.InFeatures, layer.Value.OutFeatures, layer.Value.Rank, 0.7, i))));
        return [first, second];
    }

    static Dictionary<string, Tensor> Snapshot(nn.Module model) => model.state_dict().ToDictionary(p => p.Key, p => p.Value.clone());

    [Theory]
    [InlineData(1, "poly")]
    [InlineData(4, "mhr")]
    public void It_trains_exports_merges_and_detaches_exactly(int heads, string method)
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        model.eval();
        var pixels = Fixture.Tensors("vit-hf", "io.safetensors")["pixel_values"];
        var (state, plain) = (Snapshot(model), model.call(pixels).detach());
        var adapters = Adapters();
        using var folder = new TemporaryFolder();
        Tensor trained;
        using (var composition = PolyComposition.Attach(model, adapters, heads))
        {
            composition.TrainableParameterCount.Should().Be(composition.Layers.Count * heads * adapters.Length);
            using var optimizer = optim.AdamW(composition.TrainableParameters(), lr: 0.3);
            for (int step = 0; step < 3; step++)
            {
                optimizer.zero_grad();
                model.call(pixels).square().sum().backward();
                optimizer.step();
            }
            model.named_parameters().Where(p => p.parameter.requires_grad).Select(p => p.name.Split('.')[^1]).Distinct().Should().Equal("z");
            trained = model.call(pixels).detach();
            var weights = composition.ToWeights();
            weights.Layers.Values.Should().OnlyContain(row => Math.Abs(row.Sum() - 1) < 1e-6).And.Contain(row => Math.Abs(row[0] - 0.5) > 0.01);
            using var exported = composition.ToAdapter("mine");
            exported.Provenance!.Method.Should().Be(method);
            exported.Provenance.Settings.Should().HaveCount(heads == 1 ? 0 : 1);
            exported.Provenance.Sources.Select(s => s.Name).Should().Equal("vit-a", "other");
            exported.Layers.Values.Should().OnlyContain(delta => delta.Rank == adapters[0].Layers.Values.First().Rank);
            exported.Save(folder.Path);
        }
        foreach (var (name, value) in model.state_dict()) value.ShouldBeIdentical(state[name], name);
        model.call(pixels).ShouldBeIdentical(plain);
        trained.Distance(plain).Should().BeGreaterThan(1e-3);

        using var reloaded = LoraAdapter.Load(folder.Path);
        using (Composition.AttachUniform(model, [reloaded])) model.call(pixels).ShouldBeClose(trained, 1e-5);
        var again = PolyComposition.Attach(model, adapters, heads);
        var untrained = model.call(pixels).detach();
        again.MergeIntoBase();
        model.call(pixels).ShouldBeClose(untrained, 1e-5);
        model.Sites.Should().OnlyContain(site => site.Layer is Linear);
    }

    [Fact]
    public void Unequal_modules_are_refused_and_leave_the_model_as_it_was()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        var state = Snapshot(model);

        FluentActions.Invoking(() => PolyComposition.Attach(model, Fixture.Adapters())).Should().Throw<ArgumentException>().WithMessage("Layer '*' of adapter 'vit-*': Module *Poly and MHR mix*");

        foreach (var (name, value) in model.state_dict()) value.ShouldBeIdentical(state[name], name);
        model.Sites.Should().OnlyContain(site => site.Layer is Linear);
    }
}
