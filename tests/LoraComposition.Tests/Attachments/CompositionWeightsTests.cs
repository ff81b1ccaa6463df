using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

public sealed class CompositionWeightsTests : IDisposable
{
    const string Layer = "vit.layers.0.attention.q_proj";

    readonly TemporaryFolder folder = new();
    readonly string file;

    public CompositionWeightsTests() => file = Path.Combine(folder.Path, "weights.json");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_gives_the_same_weights_and_the_same_bytes_again()
    {
        var weights = new CompositionWeights(["b", "a"], [KeyValuePair.Create<string, IReadOnlyList<double>>(Layer, [0.1, -1 / 3.0])]);

        weights.Save(file);
        var first = File.ReadAllText(file);
        var read = CompositionWeights.Load(file);
        read.Save(file);

        read.AdapterNames.Should().Equal("b", "a");
        read.Layers.Should().ContainSingle().Which.Value.Should().Equal(0.1, -1 / 3.0);
        File.ReadAllText(file).Should().Be(first);
    }

    [Fact]
    public void A_composition_says_what_its_layers_do_and_a_file_does_not()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        var adapters = Fixture.Adapters();
        using var composition = Composition.AttachLearned(model, adapters);

        var weights = composition.ToWeights();
        weights.Save(file);

        weights.Roles.Should().BeEquivalentTo(composition.Layers.ToDictionary(layer => layer.Site.Path, layer => layer.Site.Role)).And.HaveCount(weights.Layers.Count);
        CompositionWeights.Load(file).Roles.Should().BeEmpty();
        foreach (var adapter in adapters) adapter.Dispose();
    }

    [Fact]
    public void A_role_of_a_layer_without_weights_is_refused()
    {
        var act = () => new CompositionWeights(["a"], [KeyValuePair.Create<string, IReadOnlyList<double>>(Layer, [1])], [KeyValuePair.Create("head", LinearRole.Head)]);

        act.Should().Throw<ArgumentException>().WithMessage("*'head'*no weights*");
    }

    [Fact]
    public void The_weights_of_a_learned_composition_reproduce_it_for_adapters_in_another_order()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        var adapters = Fixture.Adapters();
        var pixels = Fixture.Tensors("vit-hf", "io.safetensors")["pixel_values"];
        Tensor expected;
        using (var composition = Composition.AttachLearned(model, adapters))
        {
            for (int i = 0; i < composition.Layers.Count; i++) using (no_grad()) composition.TrainableParameters()[i].copy_(tensor(new[] { 0.3f * i, -1f, 2f - i }));
            using (no_grad()) expected = model.call(pixels);
            composition.ToWeights().Save(file);
        }

        using var again = Composition.AttachWeighted(model, [adapters[2], adapters[0], adapters[1]], CompositionWeights.Load(file));
        using (no_grad()) (model.call(pixels) - expected).abs().max().item<float>().Should().BeLessThan(1e-5f);
        foreach (var adapter in adapters) adapter.Dispose();
    }

    [Fact]
    public void One_list_of_weights_counts_for_every_layer()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        var adapters = Fixture.Adapters();
        var expected = Fixture.Tensors("peft", "expected.safetensors")["logits.cat.negated"];

        using var composition = Composition.AttachWeighted(model, adapters, [1, -0.5, 0.25]);
        using (no_grad()) (model.call(Fixture.Tensors("vit-hf", "io.safetensors")["pixel_values"]) - expected).abs().max().item<float>().Should().BeLessThan(1e-4f);
        foreach (var adapter in adapters) adapter.Dispose();
    }

    [Theory]
    [InlineData("""["vit-a", "vit-b"]""", Layer, "*no adapter 'vit-c'*vit-a, vit-b*")]
    [InlineData("""["vit-a", "vit-b", "other"]""", Layer, "*no adapter 'vit-c'*other*")]
    [InlineData("""["vit-a", "vit-b", "vit-c"]""", Layer, "*of layer 'vit.layers.0.attention.k_proj' are missing*")]
    public void Weights_for_other_adapters_or_layers_are_refused_and_the_model_is_as_before(string adapterNames, string layer, string message)
    {
        using var model = Fixture.Vit();
        var adapters = Fixture.Adapters();
        int count = adapterNames.Split(',').Length;
        var numbers = string.Join(",", Enumerable.Repeat("1", count));
        File.WriteAllText(file, $$"""{"format": "lora-composition-weights-1", "adapters": {{adapterNames}}, "layers": {"{{layer}}": [{{numbers}}] } }""");

        var act = () => Composition.AttachWeighted(model, adapters, CompositionWeights.Load(file));

        act.Should().Throw<ArgumentException>().WithMessage(message);
        model.Sites.Should().OnlyContain(site => site.Layer is TorchSharp.Modules.Linear);
        foreach (var adapter in adapters) adapter.Dispose();
    }

    [Fact]
    public void Weights_for_more_adapters_than_are_given_are_refused()
    {
        using var model = Fixture.Vit();
        var adapters = Fixture.Adapters();
        CompositionWeights weights;
        using (var all = Composition.AttachUniform(model, adapters)) weights = all.ToWeights();

        var act = () => Composition.AttachWeighted(model, adapters[..2], weights);

        act.Should().Throw<ArgumentException>().WithMessage("*3 adapters vit-a, vit-b, vit-c; 2 are given*");
        model.Sites.Should().OnlyContain(site => site.Layer is TorchSharp.Modules.Linear);
        foreach (var adapter in adapters) adapter.Dispose();
    }

    [Theory]
    [InlineData("", "*empty*")]
    [InlineData("[]", "*expected a JSON object*")]
    [InlineData("""{"adapters": ["a"], "layers": {"l": [1]}}""", "*\"format\"*found none*")]
    [InlineData("""{"format": "lora-composition-weights-1", "layers": {"l": [1]}}""", "*\"adapters\"*found none*")]
    [InlineData("""{"format": "lora-composition-weights-1", "adapters": [1], "layers": {"l": [1]}}""", "*\"adapters\"*found Number*")]
    [InlineData("""{"format": "lora-composition-weights-1", "adapters": ["a", "a"], "layers": {"l": [1, 2]}}""", "*Two adapters*'a'*")]
    [InlineData("""{"format": "lora-composition-weights-1", "adapters": ["a"], "layers": {}}""", "*at least one layer*")]
    [InlineData("""{"format": "lora-composition-weights-1", "adapters": ["a"], "layers": {"l": [1, 2]}}""", "*'l'*expected 1*found 2*")]
    [InlineData("""{"format": "lora-composition-weights-1", "adapters": ["a"], "layers": {"l": ["1"]}}""", "*'l'*found String*")]
    [InlineData("""{"format": "lora-composition-weights-1", "adapters": ["a"], "layers": {"l": [1e999]}}""", "*'l'*")]
    [InlineData("""{"format": "lora-composition-weights-1", "adapters": ["a"], "layers": {"l": [1], "l": [2]}}""", "*not valid JSON*")]
    [InlineData("""{"format": "lora-composition-weights-1", "adapters": ["\ud800"], "layers": {"l": [1]}}""", "*not valid JSON*")]
    public void A_damaged_file_is_refused_by_name(string text, string message)
    {
        File.WriteAllText(file, text);

        var act = () => CompositionWeights.Load(file);

        act.Should().Throw<ModelFileException>().WithMessage(message).Which.Path.Should().Be(file);
    }
}
