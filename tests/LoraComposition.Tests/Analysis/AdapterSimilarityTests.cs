using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Analysis;

public class AdapterSimilarityTests
{
    [Fact]
    public void The_reference_adapters_agree_with_their_dense_updates()
    {
        using var scope = NewDisposeScope();
        using var a = Fixture.Adapter("vit-a");
        using var b = Fixture.Adapter("vit-b");
        var similarity = AdapterSimilarity.Compute(a, b);

        var paths = a.Layers.Keys.Union(b.Layers.Keys).Order(StringComparer.Ordinal).ToArray();
        Tensor Flat(LoraAdapter adapter, string path) => (adapter.Layers.TryGetValue(path, out var delta) ? delta.ToDense() : zeros((a.Layers.GetValueOrDefault(path) ?? b.Layers[path]).ToDense().shape)).to(ScalarType.Float64).flatten();
        double Cosine(Tensor x, Tensor y) => x.dot(y).item<double>() / Math.Max(x.norm().item<double>() * y.norm().item<double>(), 1e-30);
        Tensor Whole(LoraAdapter adapter) => cat([.. paths.Select(path => Flat(adapter, path))]);

        similarity.Layers.Select(layer => layer.Path).Should().Equal(paths);
        foreach (var layer in similarity.Layers)
        {
            layer.Cosine.Should().BeApproximately(Cosine(Flat(a, layer.Path), Flat(b, layer.Path)), 1e-6);
            layer.FirstNorm.Should().BeApproximately(Flat(a, layer.Path).norm().item<double>(), 1e-6);
        }
        similarity.Cosine.Should().BeApproximately(Cosine(Whole(a), Whole(b)), 1e-6);
        similarity.SecondNorm.Should().BeApproximately(Whole(b).norm().item<double>(), 1e-6);
    }

    [Fact]
    public void A_layer_that_only_one_adapts_counts_in_its_norm_alone()
    {
        // Norms 3 and 4 in the first, 3 in the second.
        using var first = new LoraAdapter("first", [new("shared", One(3)), new("own", One(4))]);
        using var second = new LoraAdapter("second", [new("shared", One(3))]);
        var similarity = AdapterSimilarity.Compute(first, second);
        similarity.Layers.Should().Equal(new LayerSimilarity("own", 4, 0, 0), new LayerSimilarity("shared", 3, 3, 9));
        similarity.Layers[0].Cosine.Should().Be(0);
        similarity.Layers[1].Cosine.Should().BeApproximately(1, 1e-12);
        (similarity.FirstNorm, similarity.SecondNorm, similarity.InnerProduct).Should().Be((5, 3, 9));
        similarity.Cosine.Should().BeApproximately(0.6, 1e-12);
    }

    [Fact]
    public void Adapters_of_other_models_are_refused_by_layer()
    {
        using var first = new LoraAdapter("first", [new("q", SmallLayers.Delta(3, 4, 1, 1, 1))]);
        using var second = new LoraAdapter("second", [new("q", SmallLayers.Delta(3, 5, 1, 1, 1))]);
        FluentActions.Invoking(() => AdapterSimilarity.Compute(first, second)).Should().Throw<ArgumentException>().WithMessage("Layer 'q': adapter 'first' updates [4, 3]*'second' [5, 3]*");
    }

    static LoraDelta One(double norm) => new(ones(1, 1), ones(1, 1), norm);
}
