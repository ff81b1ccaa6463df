using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Composers;

public class VectorComposerTests
{
    const long In = 6, Out = 4;
    const ScalarType Type = ScalarType.Float64;

    static LoraDelta?[] Modules() => [SmallLayers.Delta(In, Out, 2, 0.5, 1, Type), null, SmallLayers.Delta(In, Out, 5, 1.5, 2, Type)];

    [Fact]
    public void Unconstrained_starts_as_the_mean()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var x = SmallLayers.Input(1, Type, 3, In);

        var composer = new UnconstrainedComposer(SmallLayers.Linear(In, Out, type: Type), Modules());

        composer.call(x).ShouldBeClose(new UniformComposer(SmallLayers.Linear(In, Out, type: Type), Modules()).call(x), 1e-12);
        composer.Weights().ShouldBeClose(full(3, 1.0 / 3, dtype: Type), 1e-15);
    }

    [Theory]
    [InlineData(EvaluationOrder.Stacked)]
    [InlineData(EvaluationOrder.MaterialisedByTokens)]
    [InlineData(EvaluationOrder.MaterialisedByWeight)]
    public void Unconstrained_gives_the_formula_with_any_coefficients_and_its_gradient(EvaluationOrder order)
    {
        using var scope = NewDisposeScope();
        var (layer, modules) = (SmallLayers.Linear(In, Out, type: Type), Modules());
        var composer = new UnconstrainedComposer(layer, modules, [-0.5, 3, 1.7]) { Order = order };
        var x = SmallLayers.Input(1, Type, 2, 3, In);

        var output = composer.call(x);
        output.sin().sum().backward();

        output.ShouldBeClose(SmallLayers.Formula(x, layer, modules, tensor([-0.5, 3, 1.7])), 1e-12);
        composer.Vector.grad!.ShouldBeClose(FiniteDifferences.Of(() => composer.call(x).sin().sum(), composer.Vector), 1e-8);
        using var delta = composer.ToDelta();
        layer.call(x).add(x.matmul(delta.ToDense().t())).ShouldBeClose(output, 1e-12);
    }

    [Fact]
    public void Layers_that_share_a_vector_add_up_their_gradients()
    {
        using var scope = NewDisposeScope();
        var first = new LearnedComposer(SmallLayers.Linear(In, In, seed: 3, type: Type), [SmallLayers.Delta(In, In, 2, 1, 1, Type), SmallLayers.Delta(In, In, 3, 1, 2, Type)], [0.4, -0.2]);
        var second = new LearnedComposer(SmallLayers.Linear(In, Out, type: Type), [SmallLayers.Delta(In, Out, 2, 1, 4, Type), SmallLayers.Delta(In, Out, 1, 1, 5, Type)], first);
        var x = SmallLayers.Input(1, Type, 3, In);
        Tensor Loss() => second.call(first.call(x).tanh()).sin().sum();

        Loss().backward();

        second.Vector.Should().BeSameAs(first.Vector);
        second.parameters().Should().NotContain(p => p.requires_grad, "the vector is the first layer's");
        second.TrainableParameters.Should().Equal(first.TrainableParameters);
        first.Vector.grad!.ShouldBeClose(FiniteDifferences.Of(Loss, first.Vector), 1e-8);
    }

    [Fact]
    public void A_vector_is_shared_by_layers_of_one_kind_and_as_many_modules()
    {
        using var scope = NewDisposeScope();
        var first = new LearnedComposer(SmallLayers.Linear(In, Out, type: Type), Modules());
        var act = () => new LearnedComposer(SmallLayers.Linear(In, Out, type: Type), [SmallLayers.Delta(In, Out, 2, 1, 1, Type)], first);
        act.Should().Throw<ArgumentException>().WithMessage("*for 3 modules, found 1*");
    }

    [Fact]
    public void A_disposed_owner_is_named_and_not_read()
    {
        using var scope = NewDisposeScope();
        var first = new LearnedComposer(SmallLayers.Linear(In, Out, type: Type), Modules());
        var second = new LearnedComposer(SmallLayers.Linear(In, Out, type: Type), Modules(), first);
        first.Dispose();
        FluentActions.Invoking(() => second.call(SmallLayers.Input(1, Type, 3, In))).Should().Throw<ObjectDisposedException>();
    }
}
