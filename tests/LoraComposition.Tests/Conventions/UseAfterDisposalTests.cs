using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Conventions;

/// <summary>What was disposed says so and names itself, where torch would speak of an empty handle; what was detached says that.</summary>
public sealed class UseAfterDisposalTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    static void Gone<T>(T disposed, string named, params Action<T>[] uses)
    {
        foreach (var (i, use) in uses.Index())
            FluentActions.Invoking(() => use(disposed)).Should().Throw<ObjectDisposedException>($"of use {i}").Which.ObjectName.Should().Be(named);
    }

    [Fact]
    public void An_adapter_with_its_updates_and_head()
    {
        var adapter = Fixture.Adapter("vit-head");
        var (path, delta) = adapter.Layers.First();
        var head = adapter.Head!;
        adapter.Dispose();
        adapter.Dispose();

        Gone(adapter, "LoraAdapter 'vit-head'", a => _ = a.Layers, a => _ = a.Head, a => _ = a.ParameterCount, a => a.Save("nowhere"));
        Gone(delta, $"LoraDelta of layer '{path}' of adapter 'vit-head'", d => _ = d.A, d => _ = d.B, d => _ = d.Rank, d => _ = d.InFeatures, d => _ = d.OutFeatures, d => d.ToDense(), d => d.Clone());
        Gone(head, "SavedHead of adapter 'vit-head'", h => _ = h.Weight, h => _ = h.Bias, h => _ = h.ClassCount, h => _ = h.InFeatures, h => h.Clone());
        using var model = Fixture.Vit();
        Gone(model, "LoraAdapter 'vit-head'", m => Composition.AttachUniform(m, [adapter]), m => LoraTuning.Continue(m, adapter), m => AdapterCompatibility.Check(m, adapter));
        Gone(model, "SavedHead of adapter 'vit-head'", m => m.SetHead(head));
        Directory.Exists("nowhere").Should().BeFalse();
    }

    [Fact]
    public void An_update_or_head_alone()
    {
        var delta = SmallLayers.Delta(4, 3, 2, 1, seed: 1);
        delta.Dispose();
        Gone(delta, "LoraDelta", d => _ = d.A);
        var head = new SavedHead(zeros(3, 4), null);
        head.Dispose();
        Gone(head, "SavedHead", h => _ = h.Bias);
    }

    [Fact]
    public void A_merged_update()
    {
        var (factored, whole) = (new MeanMerge().Merge(new MergeLayer("layer", [SmallLayers.Delta(4, 3, 1, 1, seed: 1)])), new LayerUpdate(zeros(3, 4)));
        foreach (var update in (LayerUpdate[])[factored, whole])
        {
            update.Dispose();
            Gone(update, "LayerUpdate", u => u.ToDense(), u => u.ToDelta(), u => u.Compress(RankTarget.Rank(1)), u => _ = u.Rank);
        }
    }

    [Fact]
    public void A_collection_of_adapters()
    {
        var adapter = Fixture.Adapter("vit-a");
        var collection = new AdapterCollection(adapter, Fixture.Adapter("vit-b"));
        collection.Select(a => a.Name).Should().Equal("vit-a", "vit-b");
        collection.Dispose();
        Gone(collection, "AdapterCollection of 'vit-a', 'vit-b'", c => _ = c[0], c => c.GetEnumerator());
        Gone(adapter, "LoraAdapter 'vit-a'", a => _ = a.Layers);
    }

    [Fact]
    public void An_open_adapter_and_one_that_is_written()
    {
        var file = AdapterFile.Open(Fixture.Path("peft", "vit-head"));
        var layer = file.Layers.Keys.First();
        var delta = file.Read(layer);
        _ = file.Fingerprint;
        file.Dispose();
        Gone(file, "AdapterFile 'vit-head'", f => f.Read(layer), f => f.ReadSaved("classifier.weight"), f => f.ToAdapter(), f => _ = f.Fingerprint);
        delta.Rank.Should().BePositive("what was read lives on");

        var writer = new AdapterFileWriter("nowhere");
        writer.Dispose();
        Gone(writer, $"AdapterFileWriter of '{Path.GetFullPath("nowhere")}'", w => w.Add(layer, delta), w => w.AddSaved("a.b", "a", delta.A), w => w.Complete());
        Directory.Exists("nowhere").Should().BeFalse();
        delta.Dispose();
    }

    [Fact]
    public void An_adapted_layer()
    {
        using var model = Fixture.Vit();
        using var tuning = LoraTuning.Attach(model);
        var (site, layer) = tuning.Layers[0];
        tuning.Detach();
        Gone(layer, $"LoraLinear '{site.Path}'", l => l.call(zeros(1, 32)), l => l.ToDelta(), l => l.ToTrainedDelta(), l => l.MergedWeight(), l => l.ToMergedLinear(),
            l => _ = l.TrainableParameters, l => _ = l.Rank, l => _ = l.BaseLayer);
    }

    [Fact]
    public void A_vit()
    {
        var model = VisionTransformer.Load(Fixture.Path("vit-hf"));
        using var head = new SavedHead(zeros(5, 32), null);
        model.Dispose();
        Gone(model, "VisionTransformer 'vit-hf'", m => m.call(zeros(1, 3, 32, 32)), m => m.Features(zeros(1, 3, 32, 32)), m => m.HiddenStates(zeros(1, 3, 32, 32)), m => m.HiddenState(zeros(1, 3, 32, 32), 0), m => m.FeaturesFrom(zeros(1, 5, 32), 0), m => m.Classify(zeros(1, 32)),
            m => m.Save("nowhere"), m => m.ResetHead(["a"], 1), m => m.SetHead(head));
        Directory.Exists("nowhere").Should().BeFalse();
    }

    [Fact]
    public void A_t5()
    {
        var model = Fixture.T5();
        var ids = ones(1, 2, dtype: ScalarType.Int64);
        var states = zeros(1, 2, model.Config.HiddenSize);
        using var cache = model.StartDecoding(states);
        model.Dispose();
        Gone(model, "T5Model 't5-flan'", m => m.call(ids, null, ids), m => m.Loss(ids, null, ids), m => m.Encode(ids), m => m.Decode(ids, states), m => m.Decode(ids, cache), m => m.StartDecoding(states),
            m => m.Logits(states), m => m.Save("nowhere"), m => m.Generate(ids), m => m.ScoreAnswers(ids, null, [[[4, 1]]]));
        Directory.Exists("nowhere").Should().BeFalse();
    }

    [Fact]
    public void A_composition_or_tuning_that_is_detached_or_disposed()
    {
        using var model = Fixture.Vit();
        var composition = Composition.AttachLearned(model, [Fixture.Adapter("vit-a"), Fixture.Adapter("vit-b")]);
        Action<Composition>[] uses =
        [
            c => c.ToProvenance(), c => c.ToWeights(), c => c.ReadWeights(), c => c.ToAdapter("x"), c => c.FixWeights(), c => c.MergeIntoBase(), c => c.TrainableParameters(), c => _ = c.TrainableParameterCount,
        ];
        composition.Detach();
        foreach (var use in uses)
            composition.Invoking(use).Should().Throw<InvalidOperationException>().WithMessage("Nothing is attached to the model any more.").Which.Should().NotBeOfType<ObjectDisposedException>();
        composition.Dispose();
        Gone(composition, "Composition of 'vit-a', 'vit-b'", uses);

        var routed = RoutedComposition.AttachArrow(model, [Fixture.Adapter("vit-a"), Fixture.Adapter("vit-b")]);
        var (site, layer) = routed.Layers[0];
        routed.Dispose();
        Gone(routed, "RoutedComposition of 'vit-a', 'vit-b'", r => r.MergeIntoBase(), r => r.TrainableParameters(), r => _ = r.TrainableParameterCount);
        Gone((ArrowComposer)layer, $"ArrowComposer '{site.Path}'", l => l.call(zeros(1, 32)), l => l.Route(zeros(1, 32)), l => l.ToDelta(), l => l.MergedWeight(), l => _ = l.Prototypes);

        var poly = PolyComposition.Attach(model, [Fixture.Adapter("vit-a"), Fixture.Adapter("vit-a")]);
        var (place, selected) = poly.Layers[0];
        poly.Dispose();
        Gone(poly, "PolyComposition of 'vit-a', 'vit-a'", p => p.ToAdapter("x"), p => p.ToWeights(), p => p.MergeIntoBase(), p => p.TrainableParameters());
        Gone((PolyComposer)selected, $"PolyComposer '{place.Path}'", l => l.call(zeros(1, 32)), l => l.Weights(), l => l.ToDelta(), l => l.MergedWeight(), l => _ = l.Selector, l => _ = l.ModuleCount);

        var tuning = LoraTuning.Attach(model);
        tuning.Dispose();
        Gone(tuning, "LoraTuning", t => t.ToAdapter("x"), t => t.TrainableParameters(), t => t.MergeIntoBase());
    }

    [Fact]
    public void What_is_attached_may_outlive_the_model()
    {
        var model = Fixture.Vit();
        var composition = Composition.AttachUniform(model, [Fixture.Adapter("vit-a")]);
        model.Dispose();
        composition.Invoking(c => c.Dispose()).Should().NotThrow();
    }
}
