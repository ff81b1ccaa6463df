using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Composers;

public class ComposerTests
{
    const long In = 6, Out = 4;

    // Mixed ranks and scalings; the second module leaves the layer alone.
    static LoraDelta?[] Modules(ScalarType type = ScalarType.Float32) =>
        [SmallLayers.Delta(In, Out, 2, 0.5, 1, type), null, SmallLayers.Delta(In, Out, 5, 1.5, 2, type), SmallLayers.Delta(In, Out, 1, -2, 3, type)];

    [Fact]
    public void Uniform_is_the_mean_of_the_updates()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (layer, modules, x) = (SmallLayers.Linear(In, Out), Modules(), SmallLayers.Input(1, ScalarType.Float32, 3, 7, In));
        var expected = SmallLayers.Formula(x, layer, modules, full(4, 0.25));

        var composer = new UniformComposer(layer, modules);

        composer.call(x).ShouldBeClose(expected, 1e-5);
        foreach (var order in Enum.GetValues<EvaluationOrder>())
        {
            composer.Order = order;
            composer.call(x).ShouldBeClose(expected, 1e-5, $"{order}");
        }
        composer.TrainableParameters.Should().BeEmpty();
    }

    [Fact]
    public void Learned_starts_uniform_and_takes_a_given_start()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var modules = Modules();
        new LearnedComposer(SmallLayers.Linear(In, Out), modules).Weights().ShouldBeClose(full(4, 0.25), 1e-7);

        var composer = new LearnedComposer(SmallLayers.Linear(In, Out), modules, [1, -2, 0.5, 0]);
        composer.Weights().ShouldBeClose(tensor([1.0, -2, 0.5, 0]).softmax(0), 1e-6);
        composer.Logits.ShouldBeClose(tensor([1.0, -2, 0.5, 0]), 1e-6);
    }

    [Theory]
    [InlineData(EvaluationOrder.Stacked)]
    [InlineData(EvaluationOrder.MaterialisedByTokens)]
    [InlineData(EvaluationOrder.MaterialisedByWeight)]
    public void Every_order_gives_the_formula_and_its_gradients(EvaluationOrder order)
    {
        using var scope = NewDisposeScope();
        const ScalarType type = ScalarType.Float64;
        var (layer, modules) = (SmallLayers.Linear(In, Out, type: type), Modules(type));
        var composer = new LearnedComposer(layer, modules, [0.3, -0.1, 0.7, -1]) { Order = order };
        var x = SmallLayers.Input(1, type, 2, 3, In).requires_grad_();
        var (v, x2) = (composer.Logits.detach().clone().requires_grad_(), x.detach().clone().requires_grad_());

        var output = composer.call(x);
        var expected = SmallLayers.Formula(x2, layer, modules, v.softmax(0));
        output.sin().sum().backward();
        expected.sin().sum().backward();

        output.ShouldBeClose(expected, 1e-12);
        composer.Logits.grad!.ShouldBeClose(v.grad!, 1e-12);
        x.grad!.ShouldBeClose(x2.grad!, 1e-12);
        composer.Logits.grad!.ShouldBeClose(FiniteDifferences.Of(() => composer.call(x).sin().sum(), composer.Logits), 1e-8);
        composer.parameters().Where(p => p.requires_grad).Should().ContainSingle();
        layer.weight!.grad.Should().BeNull();
    }

    [Theory]
    [InlineData(EvaluationOrder.Stacked)]
    [InlineData(EvaluationOrder.MaterialisedByTokens)]
    [InlineData(EvaluationOrder.MaterialisedByWeight)]
    public void The_weights_learn_where_the_input_needs_no_gradient_and_there_is_no_bias(EvaluationOrder order)
    {
        using var scope = NewDisposeScope();
        const ScalarType type = ScalarType.Float64;
        var composer = new LearnedComposer(SmallLayers.Linear(In, Out, bias: false, type: type), Modules(type)) { Order = order };
        var x = SmallLayers.Input(1, type, 5, In);

        composer.call(x).square().sum().backward();

        composer.Logits.grad!.ShouldBeClose(FiniteDifferences.Of(() => composer.call(x).square().sum(), composer.Logits), 1e-7);
    }

    [Fact]
    public void One_module_has_weight_one_and_a_zero_gradient()
    {
        using var scope = NewDisposeScope();
        var (layer, delta) = (SmallLayers.Linear(In, Out), SmallLayers.Delta(In, Out, 3, 1.5, 1));
        var x = SmallLayers.Input(1, ScalarType.Float32, 5, In);
        var expected = new LoraLinear(SmallLayers.Linear(In, Out), delta, dropout: 0).call(x);
        var composer = new LearnedComposer(layer, [delta], [3]);

        var output = composer.call(x);
        output.square().sum().backward();

        output.ShouldBeClose(expected, 1e-5);
        composer.Logits.grad!.ShouldBeIdentical(zeros(1));
    }

    [Fact]
    public void A_16_bit_layer_keeps_v_in_float32_and_is_evaluated_stacked()
    {
        using var scope = NewDisposeScope();
        var layer = SmallLayers.Linear(In, Out).to(ScalarType.BFloat16);
        var x = SmallLayers.Input(1, ScalarType.Float32, 500, In).to(ScalarType.BFloat16);
        var composer = new LearnedComposer(layer, Modules());
        var expected = SmallLayers.Formula(x.to(ScalarType.Float32), SmallLayers.Linear(In, Out), Modules(), full(4, 0.25));

        var output = composer.call(x);
        output.sum().backward();

        output.dtype.Should().Be(ScalarType.BFloat16);
        output.ShouldBeClose(expected, 0.1);
        composer.Logits.dtype.Should().Be(ScalarType.Float32);
        composer.Logits.grad!.abs().max().item<float>().Should().BeGreaterThan(0);
    }

    [Fact]
    public void Modules_are_copied_and_survive_the_adapter()
    {
        using var scope = NewDisposeScope();
        var modules = Modules();
        var composer = new LearnedComposer(SmallLayers.Linear(In, Out), modules);
        var x = SmallLayers.Input(1, ScalarType.Float32, 5, In);
        var before = composer.call(x);
        foreach (var module in modules) module?.Dispose();
        composer.call(x).ShouldBeIdentical(before);
    }

    [Fact]
    public void The_state_has_the_stack_the_base_and_v()
    {
        using var composer = new LearnedComposer(SmallLayers.Linear(In, Out), Modules());
        composer.state_dict().Keys.Should().BeEquivalentTo("base_layer.weight", "base_layer.bias", "stack.a", "stack.b", "stack.owner", "v");
        composer.named_parameters().Where(p => p.parameter.requires_grad).Select(p => p.name).Should().Equal("v");
    }

    [Fact]
    public void It_survives_a_change_of_type()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var x = SmallLayers.Input(1, ScalarType.Float32, 5, In);
        var composer = new UniformComposer(SmallLayers.Linear(In, Out), Modules());
        var before = composer.call(x);

        composer.to(ScalarType.Float64);

        composer.call(x.to(ScalarType.Float64)).ShouldBeClose(before, 1e-5);
        composer.state_dict()["stack.owner"].dtype.Should().Be(ScalarType.Int64);
    }

    [Fact]
    public void Bad_modules_are_refused()
    {
        var none = () => new UniformComposer(SmallLayers.Linear(In, Out), []);
        none.Should().Throw<ArgumentException>().WithMessage("*at least one*");
        var allNull = () => new UniformComposer(SmallLayers.Linear(In, Out), [null, null]);
        allNull.Should().Throw<ArgumentException>().WithMessage("*No module adapts*");
        var shape = () => new UniformComposer(SmallLayers.Linear(In, Out), [SmallLayers.Delta(In + 1, Out, 2, 1, 1)]);
        shape.Should().Throw<ArgumentException>().WithMessage("Module 0*[*, 6]*[2, 7]*");
        var start = () => new LearnedComposer(SmallLayers.Linear(In, Out), Modules(), [0, 0]);
        start.Should().Throw<ArgumentException>().WithMessage("Expected 4 numbers*found 2*");
    }

    /// <summary>The memory of the materialised weight is used again from step to step, but never while a graph still reads it.</summary>
    [Theory]
    [InlineData(EvaluationOrder.MaterialisedByTokens)]
    [InlineData(EvaluationOrder.MaterialisedByWeight)]
    public void Forward_passes_at_different_weights_can_precede_their_backward_passes(EvaluationOrder order)
    {
        using var scope = NewDisposeScope();
        var x = SmallLayers.Input(1, ScalarType.Float32, 3, In).requires_grad_();
        var expected = Gradients(EvaluationOrder.Stacked);

        var found = Gradients(order);

        for (int i = 0; i < expected.Count; i++) found[i].ShouldBeClose(expected[i], 1e-5, $"{i}");

        List<Tensor> Gradients(EvaluationOrder order)
        {
            var composer = new LearnedComposer(SmallLayers.Linear(In, Out), Modules()) { Order = order };
            var gradients = new List<Tensor>();
            for (int round = 0; round < 2; round++)
            {
                var first = composer.call(x);
                using (no_grad()) composer.Logits.add_(tensor([1f, -2, 0.5f, 0]));
                var second = composer.call(x);
                foreach (var output in new[] { first, second })
                {
                    x.grad?.zero_();
                    composer.Logits.grad?.zero_();
                    output.square().sum().backward();
                    gradients.AddRange([x.grad!.clone(), composer.Logits.grad!.clone()]);
                }
            }
            return gradients;
        }
    }

    /// <summary>A small update is lost in a rounded weight: what training sees and what is scored with fixed weights must be the same.</summary>
    [Theory]
    [InlineData(ScalarType.BFloat16, null)]
    [InlineData(ScalarType.BFloat16, EvaluationOrder.Stacked)]
    [InlineData(ScalarType.BFloat16, EvaluationOrder.MaterialisedByTokens)]
    [InlineData(ScalarType.Float16, null)]
    [InlineData(ScalarType.Float16, EvaluationOrder.Stacked)]
    public void Fixed_weights_give_exactly_what_a_16_bit_layer_gives_without(ScalarType type, EvaluationOrder? order)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        LoraDelta[] small = [SmallLayers.Delta(In, Out, 2, 0.01, 1), SmallLayers.Delta(In, Out, 3, 0.01, 2)];
        var composer = new LearnedComposer(SmallLayers.Linear(In, Out).to(type), small, [1, -1]) { Order = order };
        var x = SmallLayers.Input(1, ScalarType.Float32, 500, In).to(type);
        var free = composer.call(x);

        composer.FixWeights();

        composer.call(x).ShouldBeIdentical(free);
        composer.Logits.neg_();
        composer.call(x).ShouldBeIdentical(free, "a change of v is not seen");
        composer.ReleaseWeights();
        composer.call(x).equal(free).all().item<bool>().Should().BeFalse();
    }

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void A_16_bit_layer_is_merged_in_float32_and_rounded_once(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        LoraDelta[] modules = [SmallLayers.Delta(64, 32, 2, 0.3, 1), SmallLayers.Delta(64, 32, 3, 0.7, 2)];
        var composer = new LearnedComposer(SmallLayers.Linear(64, 32).to(type), modules, [1, -1]);
        var (weight, state) = (composer.BaseLayer.weight!.to(ScalarType.Float32), composer.state_dict());
        var weights = composer.Weights().index_select(0, state["stack.owner"]);
        var update = state["stack.b"].to(ScalarType.Float32).mul(weights).matmul(state["stack.a"].to(ScalarType.Float32));

        composer.MergedWeight().ShouldBeIdentical(weight.add(update).to(type));
        using var delta = composer.ToDelta();
        delta.A.dtype.Should().Be(ScalarType.Float32, "the update is exact");
        delta.ToDense().ShouldBeClose(update, 1e-6);
        using var merged = composer.ToMergedLinear();
        merged.weight!.dtype.Should().Be(type);
    }

    public static TheoryData<EvaluationOrder, Action<LearnedComposer>> Uses()
    {
        var x = SmallLayers.Input(1, ScalarType.Float32, 3, In);
        var uses = new TheoryData<EvaluationOrder, Action<LearnedComposer>>();
        Action<LearnedComposer>[] all = [c => c.call(x).Dispose(), c => c.ToDelta().Dispose(), c => c.MergedWeight().Dispose(), c => c.FixWeights()];
        foreach (var use in all) uses.Add(EvaluationOrder.MaterialisedByTokens, use);
        uses.Add(EvaluationOrder.MaterialisedByWeight, all[0]);
        return uses;
    }

    [Theory]
    [MemberData(nameof(Uses))]
    public void A_failed_backward_pass_throws_and_the_layer_that_failed_says_why(EvaluationOrder order, Action<LearnedComposer> use)
    {
        using var scope = NewDisposeScope();
        using var failing = new LearnedComposer(SmallLayers.Linear(In, Out), Modules()) { Order = order };
        using var other = new LearnedComposer(SmallLayers.Linear(In, Out), Modules()) { Order = order };
        var x = SmallLayers.Input(1, ScalarType.Float32, 3, In).requires_grad_();
        var output = failing.call(x);
        // What is saved for the backward pass is not what it was any more.
        using (no_grad()) failing.state_dict()["stack.a"].add_(1);

        FluentActions.Invoking(() => output.sum().backward()).Should().Throw<Exception>("nothing is trained on a gradient that is not there");

        failing.Logits.grad.Should().BeNull();
        x.grad.Should().BeNull();
        Exception? elsewhere = null;
        var thread = new Thread(() => elsewhere = Record.Exception(() => other.call(x).sum().backward()));
        thread.Start();
        thread.Join();
        elsewhere.Should().BeNull();
        FluentActions.Invoking(() => other.call(x).sum().backward()).Should().NotThrow();
        FluentActions.Invoking(() => use(failing)).Should().Throw<Exception>().WithMessage("*modified by an inplace operation*");
        FluentActions.Invoking(() => use(failing)).Should().NotThrow("it is said once");
        failing.ReleaseWeights();
        failing.call(x).sum().backward();
        failing.Logits.grad!.isfinite().all().item<bool>().Should().BeTrue();
    }
}
