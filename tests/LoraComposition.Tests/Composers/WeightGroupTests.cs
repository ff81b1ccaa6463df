using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Tests.Composers;

/// <summary>Weights that are computed together for a whole pass are those that each layer computes for itself, and so are their gradients.</summary>
public sealed class WeightGroupTests : IDisposable
{
    const int Width = 16, Modules = 3;
    static readonly LinearRole[] roles = [LinearRole.Query, LinearRole.Key, LinearRole.Value];
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    static readonly WeightSharing fewest = new("two", site => site.Path.Contains("query", StringComparison.Ordinal) ? "queries" : "others");

    // Kinds of sharing, softmax or free, evaluated stacked or merged; in some a module leaves layers alone.
    public static TheoryData<string, bool, int, bool> Cases => new(from sharing in new[] { "layer", "block", "role", "model", "two" }
                                                                   from learned in new[] { true, false }
                                                                   from rank in new[] { 2, 20 }
                                                                   from gaps in new[] { false, true }
                                                                   select (sharing, learned, rank, gaps));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Outputs_and_gradients_are_those_of_each_for_itself(string sharing, bool learned, int rank, bool gaps)
    {
        var how = new[] { WeightSharing.None, WeightSharing.Block, WeightSharing.Role, WeightSharing.Model, fewest }.Single(one => one.Name == sharing);
        var (together, apart) = (Composed(how, learned, rank, gaps), Composed(how, learned, rank, gaps));
        foreach (var (_, layer) in apart.Composition.Layers) ((VectorComposer)layer).Group = null;
        together.Composition.Layers.Should().Contain(layer => ((VectorComposer)layer.Layer).Group != null);

        // Twice, because the weights move between two passes.
        for (int step = 0; step < 2; step++)
        {
            var (expected, expectedGradients) = Step(apart);
            var (found, gradients) = Step(together);

            Distance(found, expected).Should().BeLessThan(1e-12);
            gradients.Should().HaveSameCount(expectedGradients);
            foreach (var (one, other) in gradients.Zip(expectedGradients))
                Distance(one, other).Should().BeLessThan(1e-11 * Math.Max(1, other.abs().max().item<double>()), "they are summed in another order, no more");
            expectedGradients.Should().Contain(gradient => gradient.abs().max().item<double>() > 1e-6);
        }
    }

    [Fact]
    public void A_vector_that_is_frozen_gets_no_gradient_and_the_others_do()
    {
        var (model, composition) = Composed(WeightSharing.None, learned: true, rank: 2, gaps: false);
        var vectors = composition.Layers.Select(layer => ((VectorComposer)layer.Layer).Vector).ToArray();
        vectors[1].requires_grad = false;

        Loss(model).backward();

        vectors[1].grad.Should().BeNull();
        vectors.Where((_, i) => i != 1).All(vector => vector.grad is not null).Should().BeTrue();
    }

    [Fact]
    public void Gradients_are_those_of_finite_differences()
    {
        var (model, composition) = Composed(WeightSharing.None, learned: true, rank: 2, gaps: true);
        foreach (var (_, layer) in composition.Layers)
        {
            var vector = ((VectorComposer)layer).Vector;
            using (no_grad()) vector.copy_(tensor(new[] { 0.3, -0.2, 0.1 }));
        }
        var last = ((VectorComposer)composition.Layers[^1].Layer).Vector;

        Loss(model).backward();

        const double Step = 1e-5;
        for (int n = 0; n < Modules; n++)
        {
            double At(double moved)
            {
                using var noGrad = no_grad();
                using var one = last.narrow(0, n, 1);
                one.add_(moved);
                double loss = Loss(model).item<double>();
                one.sub_(moved);
                return loss;
            }
            last.grad!.narrow(0, n, 1).item<double>().Should().BeApproximately((At(Step) - At(-Step)) / (2 * Step), 1e-8);
        }
    }

    [Fact]
    public void What_fails_within_a_pass_leaves_nothing_of_it_behind()
    {
        var (model, _) = Composed(WeightSharing.None, learned: true, rank: 2, gaps: false);

        FluentActions.Invoking(() => model.call(ones(1, 3, 7, 7, dtype: ScalarType.Float64))).Should().Throw<ArgumentException>();

        using var pass = WeightGroup.ModelPass.Begin();
        pass.Should().NotBeNull("the one that failed has ended");
        WeightGroup.ModelPass.Begin().Should().BeNull("there is one");
    }

    [Fact]
    public void A_layer_that_is_called_without_gradients_in_a_pass_with_them_computes_for_itself_and_so_does_one_the_other_way_round()
    {
        var (_, composition) = Composed(WeightSharing.None, learned: true, rank: 2, gaps: false);
        var (first, second) = ((VectorComposer)composition.Layers[0].Layer, (VectorComposer)composition.Layers[1].Layer);
        using var pass = WeightGroup.ModelPass.Begin();
        using (no_grad()) WeightGroup.ModelPass.Spread(first)!.requires_grad.Should().BeFalse();

        WeightGroup.ModelPass.Spread(second).Should().BeNull("what was computed has no graph");
        second.call(ones(2, Width, dtype: ScalarType.Float64)).requires_grad.Should().BeTrue();
    }

    static (Tensor Loss, Tensor[] Gradients) Step((VisionTransformer Model, Composition Composition) composed)
    {
        var loss = Loss(composed.Model);
        loss.backward();
        var parameters = composed.Composition.TrainableParameters();
        Tensor[] gradients = [.. parameters.Select(parameter => parameter.grad!.clone())];
        using var noGrad = no_grad();
        foreach (var parameter in parameters)
        {
            parameter.sub_(parameter.grad! * 0.5);
            parameter.grad = null;
        }
        return (loss, gradients);
    }

    static Tensor Loss(VisionTransformer model) =>
        functional.cross_entropy(model.call(linspace(-1, 1, 2 * 3 * 8 * 8, dtype: ScalarType.Float64).view(2, 3, 8, 8)), tensor(new long[] { 0, 1 }));

    static (VisionTransformer Model, Composition Composition) Composed(WeightSharing sharing, bool learned, int rank, bool gaps)
    {
        var model = VisionTransformer.Create(new VitConfig
        {
            HiddenSize = Width,
            IntermediateSize = 2 * Width,
            HeadCount = 2,
            LayerCount = 2,
            ImageSize = 8,
            PatchSize = 4,
            ClassNames = ["a", "b"]
        }, seed: 1);
        model.to(ScalarType.Float64);
        using (no_grad()) foreach (var parameter in model.parameters()) parameter.mul_(10);
        string[] paths = [.. model.Sites.Where(site => roles.Contains(site.Role)).Select(site => site.Path)];
        LoraAdapter[] adapters = [.. Enumerable.Range(0, Modules).Select(n => new LoraAdapter($"module {n}",
            paths.Where((_, i) => !gaps || n > 0 || i % 3 != 1).Select(path => KeyValuePair.Create(path, SmallLayers.Delta(Width, Width, rank, 1, n)))))];
        return (model, learned ? Composition.AttachLearned(model, adapters, sharing) : Composition.AttachUnconstrained(model, adapters, sharing));
    }

    static double Distance(Tensor one, Tensor other) => (one - other).abs().max().item<double>();
}
