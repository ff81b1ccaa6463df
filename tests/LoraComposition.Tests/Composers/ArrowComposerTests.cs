using LoraComposition.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Composers;

/// <summary>Against Fixtures/methods, which holds what numpy computes from whole matrices.</summary>
public class ArrowComposerTests
{
    static LoraDelta[] Modules(Dictionary<string, Tensor> reference, ScalarType type) =>
    [
        .. reference["scaling"].data<double>().Select((scaling, n) => new LoraDelta(reference[$"lora_A.{n}"].to(type, copy: true), reference[$"lora_B.{n}"].to(type, copy: true), scaling)),
    ];

    // So that what is compared is the update alone.
    static Linear Nothing(LoraDelta like)
    {
        var layer = nn.Linear(like.InFeatures, like.OutFeatures, hasBias: false, dtype: like.A.dtype);
        layer.weight = new Parameter(zeros(like.OutFeatures, like.InFeatures, dtype: like.A.dtype));
        return layer;
    }

    static LoraDelta Delta(int seed, double scaling = 1) => SmallLayers.Delta(6, 4, 2, scaling, seed, ScalarType.Float64);

    static ArrowComposer Small(IReadOnlyList<LoraDelta?> modules, ArrowOptions? options = null) =>
        new(SmallLayers.Linear(6, 4, type: ScalarType.Float64), modules, options);

    static Tensor Tokens(int count = 9) => SmallLayers.Input(1, ScalarType.Float64, count, 6);

    [Theory]
    [InlineData(ScalarType.Float64, 1e-12)]
    [InlineData(ScalarType.Float32, 1e-5)]
    public void It_gives_what_the_reference_gives(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var reference = Fixture.Tensors("methods", "expected.safetensors");
        var modules = Modules(reference, type);
        var composer = new ArrowComposer(Nothing(modules[0]), modules, new ArrowOptions { TopK = 2 });
        var tokens = reference["arrow.tokens"].to(type);

        var weights = composer.Route(tokens);

        weights.ShouldBeClose(reference["arrow.top2.weights"], tolerance);
        weights.eq(0).ShouldBeIdentical(reference["arrow.top2.weights"].eq(0), "what is not taken weighs exactly nothing");
        composer.call(tokens).ShouldBeClose(reference["arrow.top2.output"], tolerance);
        composer.call(tokens.unsqueeze(1)).ShouldBeClose(reference["arrow.top2.output"].unsqueeze(1), tolerance);
    }

    /// <summary>Also where the modules' ranks are larger than the layer.</summary>
    [Theory]
    [InlineData(24, 16, 1)]
    [InlineData(5, 7, 2)]
    [InlineData(40, 6, 3)]
    [InlineData(9, 70, 2)]
    [InlineData(1, 3, 2)]
    public void Other_sizes_give_what_the_loop_gives(int outFeatures, int inFeatures, int topK)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        const ScalarType type = ScalarType.Float64;
        var layer = SmallLayers.Linear(inFeatures, outFeatures, type: type);
        LoraDelta?[] modules =
        [
            SmallLayers.Delta(inFeatures, outFeatures, 4, 2, 1, type), SmallLayers.Delta(inFeatures, outFeatures, 8, 0.5, 2, type),
            null, SmallLayers.Delta(inFeatures, outFeatures, 8, -1, 3, type),
        ];
        var x = SmallLayers.Input(4, type, 3, 5, inFeatures);

        new ArrowComposer(layer, modules, new ArrowOptions { TopK = topK }).call(x).ShouldBeClose(new SlowArrow(layer, modules, topK).call(x), 1e-11);
    }

    [Fact]
    public void Prototypes_are_the_first_right_singular_vectors()
    {
        using var scope = NewDisposeScope();
        var reference = Fixture.Tensors("methods", "expected.safetensors");
        var modules = Modules(reference, ScalarType.Float64);
        var composer = new ArrowComposer(Nothing(modules[0]), modules);

        var expected = stack([.. modules.Select(m => linalg.svd(m.ToDense(), fullMatrices: false).Vh[0])], 0);

        composer.Prototypes.mul(expected).sum(-1).abs().ShouldBeClose(ones(3), 1e-12, "but for the sign");
        composer.Prototypes.square().sum(-1).ShouldBeClose(ones(3), 1e-12);
        composer.Prototypes.amax(-1).ShouldBeIdentical(composer.Prototypes.abs().amax(-1), "the sign does not depend on the machine");
    }

    [Fact]
    public void By_default_a_token_is_given_two_modules_at_temperature_one()
    {
        using var scope = NewDisposeScope();
        LoraDelta[] modules = [Delta(1), Delta(2), Delta(3), Delta(4)];
        var x = Tokens();
        var weights = Small(modules).Route(x);
        weights.ne(0).sum(-1).Should().Match<Tensor>(taken => taken.eq(2).all().item<bool>());
        weights.ShouldBeIdentical(Small(modules, new ArrowOptions { TopK = 2, Temperature = 1 }).Route(x));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0.5)]
    [InlineData(3, 1)]
    [InlineData(4, 3)]
    [InlineData(9, 1)]
    public void Any_number_of_modules_at_any_temperature_is_the_softmax_over_the_best(int topK, double temperature)
    {
        using var scope = NewDisposeScope();
        var composer = Small([Delta(1), Delta(2), Delta(3, -2), Delta(4)], new ArrowOptions { TopK = topK, Temperature = temperature });
        var x = Tokens();
        var scores = x.matmul(composer.Prototypes.t()).abs();
        double[][] expected = [.. Enumerable.Range(0, 9).Select(t =>
        {
            double[] of = [.. scores[t].data<double>()];
            double least = of.Order().ElementAt(Math.Max(4 - topK, 0)), sum = of.Where(s => s >= least).Sum(s => Math.Exp(s / temperature));
            return of.Select(s => s >= least ? Math.Exp(s / temperature) / sum : 0).ToArray();
        })];

        composer.Route(x).ShouldBeClose(stack([.. expected.Select(row => tensor(row))], 0), 1e-12);
    }

    /// <summary>Also where a token has nothing to do with any prototype, so that all scores are 0.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Modules_without_a_prototype_are_never_taken_while_another_has_one(int topK)
    {
        using var scope = NewDisposeScope();
        var zero = new LoraDelta(randn(2, 6, dtype: ScalarType.Float64), zeros(4, 2, dtype: ScalarType.Float64), 1);
        // No factor is zero, only their product.
        var hidden = new LoraDelta(ones(2, 6, dtype: ScalarType.Float64), tensor(new double[,] { { 1, -1 }, { 2, -2 }, { 0, 0 }, { 3, -3 } }), 1);
        LoraDelta?[] modules = [null, Delta(1), zero, hidden, Delta(2), Delta(3, 0)];
        var composer = Small(modules, new ArrowOptions { TopK = topK });
        var x = cat([zeros(1, 6, dtype: ScalarType.Float64), Tokens()], 0);

        var weights = composer.Route(x);

        weights.index_select(1, tensor(new long[] { 0, 2, 3, 5 })).ShouldBeIdentical(zeros(10, 4, dtype: ScalarType.Float64));
        weights.sum(-1).ShouldBeClose(ones(10), 1e-12);
        weights.index_select(1, tensor(new long[] { 1, 4 })).ShouldBeClose(Small([Delta(1), Delta(2)], new ArrowOptions { TopK = topK }).Route(x), 1e-15);
        composer.Prototypes[0].ShouldBeIdentical(zeros(6, dtype: ScalarType.Float64));
    }

    [Fact]
    public void Where_all_updates_are_zero_the_layer_computes_what_the_base_layer_does()
    {
        using var scope = NewDisposeScope();
        var layer = SmallLayers.Linear(6, 4, type: ScalarType.Float64);
        var composer = new ArrowComposer(layer, [null, Delta(1, 0), Delta(2, 0)]);
        composer.call(Tokens()).ShouldBeIdentical(layer.call(Tokens()));
        composer.Route(Tokens()).sum(-1).ShouldBeClose(ones(9), 1e-12);
    }

    [Fact]
    public void The_gradient_reaches_the_input_through_the_weights_too()
    {
        using var scope = NewDisposeScope();
        var composer = Small([Delta(1), null, Delta(2, 2), Delta(3)]);
        var x = Tokens(3).requires_grad_();

        composer.call(x).sin().sum().backward();

        x.grad!.ShouldBeClose(FiniteDifferences.Of(() => composer.call(x).sin().sum(), x), 1e-7);
        composer.parameters().Should().OnlyContain(p => !p.requires_grad);
    }

    [Fact]
    public void Over_a_16_bit_layer_the_scores_are_float32()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        LoraDelta[] modules = [SmallLayers.Delta(6, 4, 2, 1, 1), SmallLayers.Delta(6, 4, 2, 1, 2), SmallLayers.Delta(6, 4, 2, 1, 3)];
        var x = SmallLayers.Input(1, ScalarType.Float32, 40, 6).to(ScalarType.BFloat16);
        var composer = new ArrowComposer(SmallLayers.Linear(6, 4).to(ScalarType.BFloat16), modules);

        composer.Route(x).ShouldBeIdentical(new ArrowComposer(SmallLayers.Linear(6, 4), modules).Route(x.to(ScalarType.Float32)));
        composer.call(x).dtype.Should().Be(ScalarType.BFloat16);
    }

    [Fact]
    public void Its_state_has_the_stack_the_base_and_the_prototypes()
    {
        using var composer = Small([Delta(1), null]);
        composer.state_dict().Keys.Should().BeEquivalentTo("base_layer.weight", "base_layer.bias", "stack.a", "stack.b", "stack.owner", "prototypes", "handicap");
    }

    [Theory]
    [InlineData(0, 1, "*modules for a token is 0*")]
    [InlineData(1, 0, "The temperature is 0*")]
    [InlineData(1, -1, "The temperature is -1*")]
    [InlineData(1, double.NaN, "The temperature is NaN*")]
    [InlineData(1, double.PositiveInfinity, "The temperature is *")]
    public void Options_outside_their_range_are_refused(int topK, double temperature, string message)
    {
        using var scope = NewDisposeScope();
        FluentActions.Invoking(() => Small([Delta(1)], new ArrowOptions { TopK = topK, Temperature = temperature })).Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void An_update_that_is_not_finite_is_named()
    {
        using var scope = NewDisposeScope();
        var broken = Delta(2);
        broken.B[1, 1] = double.NaN;
        FluentActions.Invoking(() => Small([Delta(1), broken])).Should().Throw<ArgumentException>().WithMessage("Module 1: lora_B holds NaN or infinite numbers*");
    }
}
