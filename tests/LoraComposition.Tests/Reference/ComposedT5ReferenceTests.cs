using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Reference;

/// <summary>
/// The composed T5 against PyTorch, transformers and PEFT. The reference's norms and softmax are float32 even in a float64 model, and a few tokens of this model,
/// whose scores nearly tie, magnify that ten thousand times. With both rounded in the same way the logits agree to 5e-7; here they are float64, so those
/// few may be off by 2e-3, all others are held to the usual tolerance by their mean.
/// </summary>
public sealed class ComposedT5ReferenceTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();
    readonly Dictionary<string, Tensor> io = Fixture.Tensors("t5-flan", "io.safetensors");
    readonly Dictionary<string, Tensor> compose = Fixture.Tensors("compose", "t5.safetensors");
    readonly T5Model model = Fixture.T5(dtype: ScalarType.Float64);

    public void Dispose()
    {
        model.Dispose();
        scope.Dispose();
    }

    Tensor Loss() => model.Loss(io["input_ids"], io["attention_mask"], io["labels"]);

    Tensor Logits() => model.call(io["input_ids"], io["attention_mask"], model.ShiftRight(io["labels"]));

    void ShouldGive(string name)
    {
        var (logits, expected) = (Logits(), compose[$"logits.{name}"]);
        logits.ShouldBeClose(expected, 2e-3, name);
        logits.sub(expected).abs().mean().item<double>().Should().BeLessThan(TensorAssertions.Tolerance, name);
        Loss().ShouldBeClose(compose[$"loss.{name}"], because: name);
    }

    [Theory]
    [InlineData("t5-a", 12)]
    [InlineData("t5-b", 12)]
    [InlineData("t5-qkv", 18)]
    public void One_adapter_gives_its_logits_and_loss(string name, int layers)
    {
        using var adapter = Fixture.Adapter(name);
        using (var composition = Composition.AttachUniform(model, [adapter]))
        {
            composition.Layers.Should().HaveCount(layers);
            ShouldGive(name);
        }
        using (var tuning = LoraTuning.Continue(model, adapter)) ShouldGive(name);
        using (var composition = Composition.AttachUniform(model, [adapter])) composition.MergeIntoBase();
        ShouldGive(name);
    }

    [Fact]
    public void Uniform_logits_and_loss_also_exported_saved_and_reloaded()
    {
        using var folder = new TemporaryFolder();
        using (var composition = Composition.AttachUniform(model, [Fixture.Adapter("t5-a"), Fixture.Adapter("t5-b")]))
        {
            ShouldGive("uniform");
            using var exported = composition.ToAdapter("uniform");
            exported.Save(folder.Path);
        }
        using var reloaded = LoraAdapter.Load(folder.Path);
        using var single = Composition.AttachUniform(model, [reloaded]);
        ShouldGive("uniform");
    }

    [Fact]
    public void In_float32_the_uniform_loss_is_that_of_the_reference()
    {
        using var narrow = Fixture.T5();
        using var composition = Composition.AttachUniform(narrow, [Fixture.Adapter("t5-a"), Fixture.Adapter("t5-b")]);
        narrow.Loss(io["input_ids"], io["attention_mask"], io["labels"]).ShouldBeClose(compose["loss.uniform"]);
    }

    [Fact]
    public void Detaching_restores_the_exact_output()
    {
        var plain = Logits();
        using (Composition.AttachLearned(model, [Fixture.Adapter("t5-a"), Fixture.Adapter("t5-qkv")])) Logits().Distance(plain).Should().BeGreaterThan(0.1);
        Logits().ShouldBeIdentical(plain);
        model.parameters().Should().OnlyContain(p => p.requires_grad);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(EvaluationOrder.Stacked)]
    [InlineData(EvaluationOrder.MaterialisedByTokens)]
    [InlineData(EvaluationOrder.MaterialisedByWeight)]
    public void Gradients_of_every_v_equal_finite_differences(EvaluationOrder? order)
    {
        var start = model.Sites.Where(site => site.Role <= LinearRole.Value).Select((site, i) => (site.Path, i)).ToDictionary(pair => pair.Path, pair => (IReadOnlyList<double>)[0.1 * pair.i - 1, 0.3, -0.05 * pair.i]);
        using var composition = Composition.AttachLearned(model, [Fixture.Adapter("t5-a"), Fixture.Adapter("t5-b"), Fixture.Adapter("t5-qkv")], start);
        foreach (var (_, layer) in composition.Layers) layer.Order = order;
        Loss().backward();
        composition.Layers.Should().HaveCount(18);
        foreach (var (site, layer) in composition.Layers)
        {
            var v = ((LearnedComposer)layer).Logits;
            v.dtype.Should().Be(ScalarType.Float64);
            // The same near ties make the third derivative large, so the step is small.
            v.grad!.ShouldBeClose(FiniteDifferences.Of(Loss, v, step: 1e-7), 1e-6, site.Path);
        }
    }

    [Fact]
    public void A_generation_with_an_adapter_attached_equals_whole_passes()
    {
        using var noGrad = no_grad();
        using var composition = Composition.AttachUniform(model, [Fixture.Adapter("t5-a"), Fixture.Adapter("t5-qkv")]);
        var states = model.Encode(io["input_ids"], io["attention_mask"]);
        var ids = model.ShiftRight(io["labels"]);
        using var cache = model.StartDecoding(states, io["attention_mask"]);
        var steps = Enumerable.Range(0, (int)ids.shape[1]).Select(i => model.Decode(ids[.., i..(i + 1)], cache)).ToArray();
        cat(steps, 1).ShouldBeClose(model.Decode(ids, states, io["attention_mask"]), 1e-6);
    }

    [Fact]
    public void A_head_of_its_own_is_adapted_only_where_it_is_asked_for()
    {
        using var untied = T5Model.Create(Models.T5.T5ModelTests.SmallFlan, seed: 1);
        using (var tuning = LoraTuning.Attach(untied, roles: LoraTuning.AllRoles)) tuning.Layers.Should().NotContain(layer => layer.Site.Role == LinearRole.Head).And.HaveCount(25);
        using (var tuning = LoraTuning.Attach(untied, roles: [LinearRole.Head])) tuning.Layers.Single().Site.Path.Should().Be("lm_head");
        model.Invoking(tied => LoraTuning.Attach(tied, roles: [LinearRole.Head])).Should().Throw<ArgumentException>();
    }
}
