using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

public class CompositionTests
{
    static Dictionary<string, Tensor> Snapshot(VisionTransformer model) => model.state_dict().ToDictionary(p => p.Key, p => p.Value.clone());

    static void ShouldBeAsBefore(VisionTransformer model, Dictionary<string, Tensor> before)
    {
        model.state_dict().Keys.Should().Equal(before.Keys);
        foreach (var (name, value) in model.state_dict()) value.ShouldBeIdentical(before[name], name);
    }

    [Fact]
    public void Detached_the_model_is_exactly_as_before()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        var x = Fixture.Tensors("vit-hf", "io.safetensors")["pixel_values"];
        model.Classifier!.bias!.requires_grad = false;
        var (state, logits) = (Snapshot(model), model.call(x));
        var layers = model.Sites.Select(s => s.Layer).ToArray();

        using (var composition = Composition.AttachLearned(model, Fixture.Adapters()))
        {
            model.call(x).Distance(logits).Should().BeGreaterThan(0.01);
            model.parameters().Count(p => p.requires_grad).Should().Be(6);
            composition.Layers.Should().HaveCount(6);
        }

        ShouldBeAsBefore(model, state);
        model.Sites.Select(s => s.Layer).Should().Equal(layers);
        model.call(x).ShouldBeIdentical(logits);
        model.named_parameters().Where(p => !p.parameter.requires_grad).Select(p => p.name).Should().Equal("classifier.bias");
    }

    [Fact]
    public void Training_leaves_adapters_base_weights_and_biases_bit_identical()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        var io = Fixture.Tensors("vit-hf", "io.safetensors");
        var adapters = Fixture.Adapters();
        var factors = adapters.SelectMany(a => a.Layers.Values).Select(d => (d.A, Before: d.A.clone())).ToArray();
        using var composition = Composition.AttachLearned(model, adapters);
        model.Classifier!.weight!.requires_grad = true;
        var before = Snapshot(model);
        var optimizer = optim.AdamW([.. composition.TrainableParameters(), model.Classifier.weight], lr: 0.05, weight_decay: 0.1);
        model.train();

        for (int step = 0; step < 5; step++)
        {
            nn.functional.cross_entropy(model.call(io["pixel_values"]), io["labels"]).backward();
            optimizer.step();
            optimizer.zero_grad();
        }

        string[] trained = [.. composition.Layers.Select((_, i) => $"blocks.{i / 3}.attention.{new[] { "query", "key", "value" }[i % 3]}.v"), "classifier.weight"];
        foreach (var (name, value) in model.state_dict())
            if (trained.Contains(name)) value.Distance(before[name]).Should().BeGreaterThan(1e-3, name);
            else value.ShouldBeIdentical(before[name], name);
        foreach (var (factor, old) in factors) factor.ShouldBeIdentical(old);
    }

    [Fact]
    public void Weights_are_read_per_layer_and_start_from_what_is_given()
    {
        using var model = Fixture.Vit();
        const string path = "vit.layers.1.attention.k_proj";
        using var composition = Composition.AttachLearned(model, Fixture.Adapters(), new Dictionary<string, IReadOnlyList<double>> { [path] = [0, 1000, 0] });

        var weights = composition.ReadWeights();

        composition.AdapterNames.Should().Equal("vit-a", "vit-b", "vit-c");
        weights.Select(w => w.Site.Path).Should().Equal(model.Sites.Where(s => s.Role <= LinearRole.Value).Select(s => s.Path));
        weights.Single(w => w.Site.Path == path).Weights.Should().Equal(0, 1, 0);
        weights[0].Weights.Should().OnlyContain(w => Math.Abs(w - 1.0 / 3) < 1e-6);
    }

    [Fact]
    public void A_start_for_a_layer_that_no_adapter_changes_is_refused()
    {
        using var model = Fixture.Vit();
        var act = () => Composition.AttachLearned(model, Fixture.Adapters(), new Dictionary<string, IReadOnlyList<double>> { ["vit.layers.9.x"] = [0, 0, 0] });
        act.Should().Throw<ArgumentException>().WithMessage("*vit.layers.9.x*");
        model.Sites.Should().OnlyContain(s => s.Layer is TorchSharp.Modules.Linear);
    }

    [Fact]
    public void Fixed_weights_give_the_same_output_until_released()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Fixture.Vit();
        var x = Fixture.Tensors("vit-hf", "io.safetensors")["pixel_values"];
        using var composition = Composition.AttachLearned(model, Fixture.Adapters());
        var logits = model.call(x);

        using (composition.FixWeights())
        {
            model.call(x).ShouldBeClose(logits, 1e-5);
            ((LearnedComposer)composition.Layers[0].Layer).Logits[0] = 5;
            model.call(x).ShouldBeClose(logits, 1e-5, "a change of v is not seen");
        }
        model.call(x).Distance(logits).Should().BeGreaterThan(1e-3);
    }

    [Fact]
    public void Adapters_on_different_layers_compose_as_updates_of_zero_where_they_are_absent()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Fixture.Vit();
        var full = Fixture.Adapter("vit-a");
        var part = new LoraAdapter("part", Fixture.Adapter("vit-b").Layers.Where(l => l.Key.Contains("layers.0", StringComparison.Ordinal)));
        var weights = model.Sites.ToDictionary(s => s.Path, s => ((TorchSharp.Modules.Linear)s.Layer).weight!.clone());

        using (var composition = Composition.AttachUniform(model, [full, part]))
        {
            composition.Layers.Should().HaveCount(6);
            composition.MergeIntoBase();
        }

        foreach (var site in model.Sites.Where(s => s.Role <= LinearRole.Value))
        {
            var expected = weights[site.Path].add(full.Layers[site.Path].ToDense().mul(0.5));
            if (part.Layers.TryGetValue(site.Path, out var delta)) expected = expected.add(delta.ToDense().mul(0.5));
            ((TorchSharp.Modules.Linear)site.Layer).weight!.ShouldBeClose(expected, 1e-5, site.Path);
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_name_and_changes_nothing()
    {
        using var model = Fixture.Vit();
        var state = Snapshot(model);
        LoraAdapter With(string path, long inFeatures) => new("odd", [.. Fixture.Adapter("vit-a").Layers, KeyValuePair.Create(path, SmallLayers.Delta(inFeatures, 32, 2, 1, 1))]);

        var unknown = () => Composition.AttachUniform(model, [With("vit.layers.7.attention.q_proj", 32)]);
        unknown.Should().Throw<AdapterMismatchException>().WithMessage("Adapter 'odd', layer 'vit.layers.7.attention.q_proj': *no such layer*");
        var shape = () => Composition.AttachUniform(model, [With("vit.layers.0.mlp.fc1", 31)]);
        shape.Should().Throw<AdapterMismatchException>().WithMessage("*fc1': expected lora_A [*, 32] and lora_B [64, *], found [2, 31] and [32, 2].");
        var twice = () => Composition.AttachUniform(model, [With("vit.encoder.layer.0.attention.attention.query", 32)]);
        twice.Should().Throw<AdapterMismatchException>().WithMessage("*two spellings*");
        var none = () => Composition.AttachUniform(model, []);
        none.Should().Throw<ArgumentException>();

        ShouldBeAsBefore(model, state);
        model.parameters().Should().OnlyContain(p => p.requires_grad);
    }

    [Fact]
    public void A_second_attachment_is_refused_and_leaves_the_first()
    {
        using var model = Fixture.Vit();
        using var first = LoraTuning.Attach(model);
        var second = () => Composition.AttachUniform(model, Fixture.Adapters());
        second.Should().Throw<InvalidOperationException>().WithMessage("*adapted already*");
        first.Layers.Should().OnlyContain(l => l.Site.Layer == l.Layer);
    }

    [Fact]
    public void A_failing_composer_factory_leaves_the_model_as_it_was()
    {
        using var model = Fixture.Vit();
        var state = Snapshot(model);
        int made = 0;
        var act = () => Composition.Attach(model, Fixture.Adapters(), (_, layer, modules) => made++ < 3 ? new UniformComposer(layer, modules) : throw new InvalidDataException("no"));
        act.Should().Throw<InvalidDataException>();
        ShouldBeAsBefore(model, state);
    }

    /// <summary>A model merged by half would be of no use.</summary>
    [Fact]
    public void A_layer_that_cannot_be_merged_leaves_all_of_them_as_they_were()
    {
        using var model = Fixture.Vit();
        var state = Snapshot(model);
        int made = 0;
        using (var composition = Composition.Attach(model, Fixture.Adapters(),
            (_, layer, modules) => new FixedComposer(layer, modules, made++ < 3 ? [0.5, 0.3, 0.2] : [0.5, 0.3])))
        {
            // The last layers have a weight less than modules, which torch refuses.
            composition.Invoking(c => c.MergeIntoBase()).Should().Throw<Exception>();
            composition.Layers.Should().HaveCount(6);
        }
        ShouldBeAsBefore(model, state);
    }

    [Fact]
    public void Lora_tuning_continues_and_exports_an_adapter()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        var start = Fixture.Adapter("vit-c");
        using var tuning = LoraTuning.Continue(model, start);
        var exported = tuning.ToAdapter("copy");
        exported.Layers.Keys.Should().Equal(start.Layers.Keys);
        foreach (var (path, delta) in exported.Layers)
        {
            delta.A.ShouldBeIdentical(start.Layers[path].A);
            delta.Scaling.Should().Be(start.Layers[path].Scaling);
        }
        tuning.ToAdapter("old", ModuleSpelling.Transformers4).Layers.Keys.Should().Contain("vit.encoder.layer.0.attention.attention.query");
    }

    [Fact]
    public void After_a_move_of_the_whole_model_it_still_computes_and_detaches()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        var x = Fixture.Tensors("vit-hf", "io.safetensors")["pixel_values"];
        var logits = model.call(x);
        using var composition = Composition.AttachLearned(model, Fixture.Adapters());
        var composed = model.call(x);

        model.to(ScalarType.Float64);
        model.call(x.to(ScalarType.Float64)).ShouldBeClose(composed, 1e-5);
        composition.TrainableParameters().Should().OnlyContain(p => p.dtype == ScalarType.Float64);
        composition.Detach();
        model.call(x.to(ScalarType.Float64)).ShouldBeClose(logits, 1e-5);
    }

    /// <summary>The factors of a fresh update are float32 also where the model has 16 bits.</summary>
    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void A_trained_update_is_merged_into_a_16_bit_model(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Fixture.Vit();
        model.to(type);
        using var tuning = LoraTuning.Continue(model, Fixture.Adapter("vit-c"));
        var expected = tuning.Layers.ToDictionary(l => l.Site.Path, l =>
            l.Layer.BaseLayer.weight!.to(ScalarType.Float32).add(l.Layer.ToTrainedDelta().ToDense()).to(type));

        tuning.MergeIntoBase();

        foreach (var site in model.Sites.Where(s => expected.ContainsKey(s.Path)))
        {
            var weight = ((TorchSharp.Modules.Linear)site.Layer).weight!;
            weight.dtype.Should().Be(type);
            // The scaling is applied before the product or after it: the last bit may differ.
            weight.ShouldBeClose(expected[site.Path], 0.01 * expected[site.Path].abs().max().to(ScalarType.Float64).item<double>(), site.Path);
        }
    }

    [Fact]
    public void Reading_weights_says_why_a_backward_pass_failed()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        using var composition = Composition.AttachLearned(model, Fixture.Adapters());
        var first = composition.Layers[0].Layer;
        first.Order = EvaluationOrder.MaterialisedByTokens;
        var loss = model.call(Fixture.Tensors("vit-hf", "io.safetensors")["pixel_values"]).sum();
        using (no_grad()) first.state_dict()["stack.a"].add_(1);
        FluentActions.Invoking(() => loss.backward()).Should().Throw<Exception>();

        FluentActions.Invoking(() => composition.ReadWeights()).Should().Throw<Exception>().WithMessage("*modified by an inplace operation*");
        composition.ReadWeights().Should().HaveCount(6);
    }
}
