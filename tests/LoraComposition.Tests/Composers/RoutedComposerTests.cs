using LoraComposition.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Composers;

public class RoutedComposerTests
{
    const long In = 6, Out = 4;

    // Mixed ranks and scalings; the second module leaves the layer alone.
    static LoraDelta?[] Modules(ScalarType type = ScalarType.Float32) =>
        [SmallLayers.Delta(In, Out, 2, 0.5, 1, type), null, SmallLayers.Delta(In, Out, 5, 1.5, 2, type), SmallLayers.Delta(In, Out, 1, -2, 3, type)];

    /// <summary>Gives whatever weights a test wants.</summary>
    sealed class GivenRoute : RoutedComposer
    {
        readonly Func<Tensor, Tensor> route;

        public GivenRoute(Linear baseLayer, IReadOnlyList<LoraDelta?> modules, Func<Tensor, Tensor> route) : base(nameof(GivenRoute), baseLayer, modules)
        {
            this.route = route;
            RegisterComponents();
        }

        public override Tensor Route(Tensor input) => route(input);
    }

    /// <summary>By definition: token for token, module for module.</summary>
    static Tensor Formula(Tensor x, Linear layer, IReadOnlyList<LoraDelta?> modules, Tensor weights)
    {
        var (tokens, each) = (x.reshape(-1, In), weights.reshape(-1, modules.Count));
        var rows = Enumerable.Range(0, (int)tokens.shape[0]).Select(t => SmallLayers.Formula(tokens[t], layer, modules, each[t])).ToArray();
        return stack(rows, 0).reshape([.. x.shape[..^1], Out]);
    }

    [Theory]
    [InlineData]
    [InlineData(5)]
    [InlineData(2, 3)]
    [InlineData(2, 3, 2)]
    public void Every_token_gets_its_own_sum_of_updates(params int[] tokens)
    {
        using var scope = NewDisposeScope();
        const ScalarType type = ScalarType.Float64;
        var (layer, modules, x) = (SmallLayers.Linear(In, Out, type: type), Modules(type), SmallLayers.Input(1, type, [.. tokens.Select(n => (long)n), In]));
        var composer = new LinearRouter(layer, modules);

        composer.call(x).ShouldBeClose(Formula(x, layer, modules, composer.Route(x)), 1e-12);
    }

    [Fact]
    public void The_router_learns_and_all_else_is_frozen()
    {
        using var scope = NewDisposeScope();
        const ScalarType type = ScalarType.Float64;
        var layer = SmallLayers.Linear(In, Out, type: type);
        var composer = new LinearRouter(layer, Modules(type));
        var x = SmallLayers.Input(1, type, 2, 3, In).requires_grad_();

        composer.call(x).sin().sum().backward();

        composer.Gate.grad!.abs().max().item<double>().Should().BeGreaterThan(1e-3);
        composer.Gate.grad!.ShouldBeClose(FiniteDifferences.Of(() => composer.call(x).sin().sum(), composer.Gate), 1e-8);
        x.grad!.ShouldBeClose(FiniteDifferences.Of(() => composer.call(x).sin().sum(), x), 1e-8);
        composer.parameters().Where(p => p.requires_grad).Should().ContainSingle().Which.Should().BeSameAs(composer.Gate);
        layer.weight!.grad.Should().BeNull();
        composer.TrainableParameters.Should().Equal(composer.Gate);
    }

    [Fact]
    public void Without_parameters_of_its_own_nothing_trains()
    {
        using var scope = NewDisposeScope();
        using var composer = new GivenRoute(SmallLayers.Linear(In, Out), Modules(), x => ones(x.shape[0], 4));
        composer.TrainableParameters.Should().BeEmpty();
        composer.parameters().Should().OnlyContain(p => !p.requires_grad);
    }

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void A_16_bit_layer_takes_weights_of_any_type(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var x = SmallLayers.Input(1, ScalarType.Float32, 50, In).to(type);
        var weights = SmallLayers.Input(2, ScalarType.Float32, 50, 4).softmax(-1);
        var composer = new GivenRoute(SmallLayers.Linear(In, Out).to(type), Modules(), _ => weights.clone());

        var output = composer.call(x);

        output.dtype.Should().Be(type);
        output.ShouldBeClose(Formula(x.to(ScalarType.Float32), SmallLayers.Linear(In, Out), Modules(), weights), 0.1);
    }

    [Fact]
    public void Tokens_may_share_their_weights()
    {
        using var scope = NewDisposeScope();
        var (layer, modules, x) = (SmallLayers.Linear(In, Out), Modules(), SmallLayers.Input(1, ScalarType.Float32, 2, 3, In));
        var shared = SmallLayers.Input(2, ScalarType.Float32, 2, 1, 4);

        new GivenRoute(layer, modules, _ => shared.clone()).call(x).ShouldBeClose(Formula(x, layer, modules, shared.expand(2, 3, 4)), 1e-5);
    }

    [Theory]
    [InlineData(2, 3, 5)]
    [InlineData(3, 2, 4)]
    [InlineData(3, 4)]
    [InlineData(4)]
    [InlineData(1, 2, 3, 4)]
    public void Weights_of_another_shape_are_refused_with_both_shapes(params int[] shape)
    {
        using var scope = NewDisposeScope();
        long[] sizes = [.. shape.Select(n => (long)n)];
        var composer = new GivenRoute(SmallLayers.Linear(In, Out), Modules(), _ => ones(sizes));

        FluentActions.Invoking(() => composer.call(ones(2, 3, In))).Should().Throw<InvalidOperationException>()
            .WithMessage($"GivenRoute: Route gave weights of shape [{string.Join(", ", shape)}] for an input of shape [2, 3, 6]; expected [2, 3, 4].");
    }

    [Fact]
    public void Merging_and_exporting_are_refused_by_name()
    {
        using var scope = NewDisposeScope();
        using var composer = new LinearRouter(SmallLayers.Linear(In, Out), Modules());
        foreach (var use in new Action<AdaptedLinear>[] { c => c.ToDelta(), c => c.MergedWeight(), c => c.ToMergedLinear() })
            composer.Invoking(use).Should().Throw<NotSupportedException>().WithMessage("LinearRouter weighs its modules for each input*neither merged nor exported*fixed weights*");
    }

    [Fact]
    public void Modules_are_copied_and_bad_ones_refused()
    {
        using var scope = NewDisposeScope();
        var (modules, x) = (Modules(), SmallLayers.Input(1, ScalarType.Float32, 5, In));
        foreach (var composer in new RoutedComposer[] { new LinearRouter(SmallLayers.Linear(In, Out), modules), new ArrowComposer(SmallLayers.Linear(In, Out), modules) })
        {
            var before = composer.call(x);
            foreach (var module in modules) module?.Dispose();
            composer.call(x).ShouldBeIdentical(before);
            modules = Modules();
        }
        FluentActions.Invoking(() => new ArrowComposer(SmallLayers.Linear(In, Out), [null, null])).Should().Throw<ArgumentException>().WithMessage("*No module adapts*");
        FluentActions.Invoking(() => new LinearRouter(SmallLayers.Linear(In, Out), [SmallLayers.Delta(In + 1, Out, 2, 1, 1)])).Should().Throw<ArgumentException>().WithMessage("Module 0*");
    }
}
