using LoraComposition.Models;
using LoraComposition.Tests.Support;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

/// <summary>Learned weights that start where stored ones are.</summary>
public class StoredStartTests
{
    [Fact]
    public void They_are_the_stored_ones_whatever_the_order_of_the_adapters()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        using var adapters = new AdapterCollection(Fixture.Adapters());
        CompositionWeights stored;
        using (var composition = Composition.AttachLearned(model, adapters))
        {
            using (no_grad())
                foreach (var (i, v) in composition.TrainableParameters().Index()) v.copy_(tensor(new[] { 0.3f * i, -9f, 2f - i }));
            stored = composition.ToWeights();
        }

        using var again = Composition.AttachLearned(model, [adapters[2], adapters[0], adapters[1]], stored);
        again.TrainableParameters().Should().HaveCount(6).And.OnlyContain(v => v.requires_grad);
        foreach (var (site, weights) in again.ReadWeights())
        {
            var expected = stored.Layers[site.Path];
            foreach (var (found, wanted) in weights.Zip([expected[2], expected[0], expected[1]])) found.Should().BeApproximately(wanted, 1e-6);
        }
    }

    [Theory]
    [InlineData(0.5, 0.5, 0, "*'vit.layers.1.attention.k_proj': the weight of adapter 'vit-c' is 0;*positive*")]
    [InlineData(0.7, 0.5, -0.2, "*'vit.layers.1.attention.k_proj': the weight of adapter 'vit-c' is -0.2;*positive*")]
    [InlineData(0.3, 0.3, 0.3, "*'vit.layers.1.attention.k_proj': the weights sum to 0.8*; learned weights must sum to 1*")]
    public void Weights_that_no_softmax_gives_are_refused(double a, double b, double c, string message)
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        using var adapters = new AdapterCollection(Fixture.Adapters());
        using (var uniform = Composition.AttachUniform(model, adapters))
        {
            var layers = uniform.ToWeights().Layers.Select(layer => KeyValuePair.Create<string, IReadOnlyList<double>>(layer.Key, layer.Key == "vit.layers.1.attention.k_proj" ? [a, b, c] : layer.Value));
            var weights = new CompositionWeights(["vit-a", "vit-b", "vit-c"], layers);
            uniform.Detach();
            model.Invoking(m => Composition.AttachLearned(m, adapters, weights)).Should().Throw<ArgumentException>().WithMessage(message);
        }
        model.Sites.Should().OnlyContain(site => site.Layer is TorchSharp.Modules.Linear);
        model.parameters().Should().OnlyContain(p => p.requires_grad);
    }

    [Fact]
    public void Weights_for_others_are_refused()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        using var adapters = new AdapterCollection(Fixture.Adapters());
        CompositionWeights two;
        using (var uniform = Composition.AttachUniform(model, [adapters[0], adapters[1]])) two = uniform.ToWeights();
        model.Invoking(m => Composition.AttachLearned(m, adapters, two)).Should().Throw<ArgumentException>().WithMessage("*no adapter 'vit-c'*");
        model.Invoking(m => Composition.AttachLearned(m, [adapters[0]], two)).Should().Throw<ArgumentException>();
        model.Sites.Should().OnlyContain(site => site.Layer is TorchSharp.Modules.Linear);
    }
}
