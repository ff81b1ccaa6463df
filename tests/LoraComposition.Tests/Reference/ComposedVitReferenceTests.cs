using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Reference;

/// <summary>The composed ViT against PyTorch, transformers and PEFT: outputs, every gradient of v, and whole training trajectories.</summary>
public sealed class ComposedVitReferenceTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();
    readonly Dictionary<string, Tensor> io = Fixture.Tensors("vit-hf", "io.safetensors");
    readonly Dictionary<string, Tensor> compose = Fixture.Tensors("compose", "vit.safetensors");
    readonly Dictionary<string, Tensor> peft = Fixture.Tensors("peft", "expected.safetensors");
    readonly VisionTransformer model = Fixture.Vit();

    public void Dispose()
    {
        model.Dispose();
        scope.Dispose();
    }

    static string Key(AdapterSite site) => $"{site.LayerIndex}.{site.Role.ToString()[..1].ToLowerInvariant()}";

    Tensor Loss() => nn.functional.cross_entropy(model.call(io["pixel_values"]), io["labels"]);

    [Theory]
    [InlineData("vit-a", "vit-a")]
    [InlineData("vit-b", "vit-b")]
    [InlineData("vit-c", "vit-c")]
    [InlineData("vit-a-v4names", "vit-a")]
    [InlineData("vit-rslora", "vit-rslora")]
    [InlineData("vit-pattern", "vit-pattern")]
    [InlineData("vit-regex", "vit-regex")]
    [InlineData("vit-layers", "vit-layers")]
    [InlineData("vit-all-linear", "vit-all-linear")]
    public void One_adapter_gives_its_logits(string folder, string expected)
    {
        using var composition = Composition.AttachUniform(model, [Fixture.Adapter(folder)]);
        model.call(io["pixel_values"]).ShouldBeClose(peft[$"logits.{expected}"]);
    }

    [Fact]
    public void An_adapter_with_its_saved_head_gives_its_logits()
    {
        using var adapter = Fixture.Adapter("vit-head");
        model.SetHead(adapter.Head!);
        using var composition = Composition.AttachUniform(model, [adapter]);
        model.call(io["pixel_values"]).ShouldBeClose(peft["logits.vit-head"]);
    }

    [Fact]
    public void Every_adapter_that_peft_evaluated_is_compared() =>
        peft.Keys.Where(key => key.StartsWith("logits.vit-", StringComparison.Ordinal)).Should().HaveCount(9, "the tests above name each of them");

    [Fact]
    public void An_adapter_on_the_head_is_merged_detached_and_tuned_like_any_other()
    {
        using var adapter = Fixture.Adapter("vit-all-linear");
        var plain = model.call(io["pixel_values"]);
        using (var tuning = LoraTuning.Continue(model, adapter))
        {
            model.call(io["pixel_values"]).ShouldBeClose(peft["logits.vit-all-linear"]);
            tuning.Layers[^1].Site.Role.Should().Be(LinearRole.Head);
            model.Invoking(m => m.ResetHead(["x"], 1)).Should().Throw<InvalidOperationException>().WithMessage("*'classifier' is adapted already*");
        }
        model.call(io["pixel_values"]).ShouldBeIdentical(plain);
        using (var composition = Composition.AttachUniform(model, [adapter])) composition.MergeIntoBase();
        model.Sites[^1].Layer.Should().BeSameAs(model.Classifier);
        model.call(io["pixel_values"]).ShouldBeClose(peft["logits.vit-all-linear"]);
    }

    [Fact]
    public void Merged_weights_are_those_of_peft()
    {
        using (var composition = Composition.AttachUniform(model, [Fixture.Adapter("vit-b")])) composition.MergeIntoBase();
        foreach (var role in new[] { "q_proj", "k_proj", "v_proj", "o_proj" })
            ((Linear)model.Sites.Single(s => s.Path == $"vit.layers.0.attention.{role}").Layer).weight!.ShouldBeClose(peft[$"merged.vit-b.vit.layers.0.attention.{role}.weight"], because: role);
    }

    [Fact]
    public void Uniform_logits()
    {
        using var composition = Composition.AttachUniform(model, Fixture.Adapters());
        model.call(io["pixel_values"]).ShouldBeClose(compose["uniform.logits"]);
        model.call(io["pixel_values"]).ShouldBeClose(peft["logits.cat.uniform"]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(EvaluationOrder.Stacked)]
    [InlineData(EvaluationOrder.MaterialisedByTokens)]
    [InlineData(EvaluationOrder.MaterialisedByWeight)]
    public void Learned_logits_loss_and_every_gradient_of_v(EvaluationOrder? order)
    {
        var start = model.Sites.Where(s => s.Role <= LinearRole.Value).ToDictionary(s => s.Path, s => (IReadOnlyList<double>)compose[$"learned.v.{Key(s)}"].to(ScalarType.Float64).data<double>().ToArray());
        using var composition = Composition.AttachLearned(model, Fixture.Adapters(), start);
        foreach (var (_, layer) in composition.Layers) layer.Order = order;

        var loss = Loss();
        loss.backward();

        loss.ShouldBeClose(compose["learned.loss"]);
        model.call(io["pixel_values"]).ShouldBeClose(compose["learned.logits"]);
        composition.Layers.Should().HaveCount(6);
        foreach (var (site, layer) in composition.Layers)
            ((LearnedComposer)layer).Logits.grad!.ShouldBeClose(compose[$"learned.grad_v.{Key(site)}"], 1e-5, site.Path);
    }

    [Theory]
    [InlineData("sgd")]
    [InlineData("adamw")]
    public void Training_v_and_the_head_follows_the_reference(string name)
    {
        using var composition = Composition.AttachLearned(model, Fixture.Adapters());
        var head = model.Classifier!;
        head.weight!.requires_grad = head.bias!.requires_grad = true;
        Parameter[] parameters = [.. composition.TrainableParameters(), head.weight, head.bias];
        optim.Optimizer optimizer = name == "sgd" ? optim.SGD(parameters, 0.5) : optim.AdamW(parameters, 0.05, weight_decay: 0);

        for (int step = 0; step < 6; step++)
        {
            var loss = Loss();
            loss.backward();
            optimizer.step();
            optimizer.zero_grad();
            loss.item<float>().Should().BeApproximately(compose[$"train.{name}.losses"][step].item<float>(), 1e-4f, $"step {step}");
        }

        foreach (var (site, layer) in composition.Layers) ((LearnedComposer)layer).Logits.ShouldBeClose(compose[$"train.{name}.v.{Key(site)}"], because: site.Path);
        head.weight.ShouldBeClose(compose[$"train.{name}.classifier.weight"]);
        head.bias.ShouldBeClose(compose[$"train.{name}.classifier.bias"]);
    }

    [Fact]
    public void Training_one_lora_follows_the_reference()
    {
        using var tuning = LoraTuning.Continue(model, Fixture.Adapter("vit-a"));
        var optimizer = optim.SGD(tuning.TrainableParameters(), 0.1);
        for (int step = 0; step < 4; step++)
        {
            var loss = Loss();
            loss.backward();
            optimizer.step();
            optimizer.zero_grad();
            loss.item<float>().Should().BeApproximately(compose["lora_train.losses"][step].item<float>(), 1e-4f, $"step {step}");
        }
        var trained = tuning.ToAdapter("trained").Layers["vit.layers.0.attention.q_proj"];
        const string prefix = "lora_train.after.base_model.model.vit.layers.0.attention.q_proj.";
        trained.A.ShouldBeClose(compose[prefix + "lora_A.weight"]);
        trained.B.ShouldBeClose(compose[prefix + "lora_B.weight"]);
    }

    [Theory]
    [InlineData("uniform", new[] { 1.0 / 3, 1.0 / 3, 1.0 / 3 })]
    [InlineData("weighted", new[] { 0.5, 0.3, 0.2 })]
    [InlineData("negated", new[] { 1, -0.5, 0.25 })]
    public void Any_weights_exported_saved_and_reloaded_equal_pefts_exact_combination(string name, double[] weights)
    {
        using var folder = new TemporaryFolder();
        using (var composition = Composition.Attach(model, Fixture.Adapters(), (_, layer, modules) => new FixedComposer(layer, modules, weights)))
        {
            model.call(io["pixel_values"]).ShouldBeClose(peft[$"logits.cat.{name}"]);
            using var exported = composition.ToAdapter(name);
            exported.Layers.Values.Should().OnlyContain(d => d.Rank == 16);
            exported.Save(folder.Path);
        }

        using var reloaded = LoraAdapter.Load(folder.Path);
        using var single = Composition.AttachUniform(model, [reloaded]);
        model.call(io["pixel_values"]).ShouldBeClose(peft[$"logits.cat.{name}"]);
        single.MergeIntoBase();
        model.call(io["pixel_values"]).ShouldBeClose(peft[$"logits.cat.{name}"]);
    }
}
