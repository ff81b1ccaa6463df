using LoraComposition.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Composers;

/// <summary>A composed layer in evaluation is used by several threads at once, from its very first forward pass on.</summary>
public class ConcurrentForwardTests
{
    const long In = 48, Out = 40;

    /// <summary>A composer as a user would write one, whose weights are constant.</summary>
    sealed class ConstantComposer : LoraComposer
    {
        public ConstantComposer(Linear baseLayer, IReadOnlyList<LoraDelta?> modules) : base(nameof(ConstantComposer), baseLayer, modules) => RegisterComponents();

        protected override bool WeightsAreConstant => true;

        public override Tensor Weights() => tensor([0.5, -1, 2]);
    }

    static LoraDelta?[] Modules() => [SmallLayers.Delta(In, Out, 4, 0.5, 1), null, SmallLayers.Delta(In, Out, 8, 1.5, 2)];

    static AdaptedLinear Make(string kind, ScalarType type, EvaluationOrder? order)
    {
        var layer = SmallLayers.Linear(In, Out);
        AdaptedLinear made = kind switch
        {
            "lora" => new LoraLinear(layer, SmallLayers.Delta(In, Out, 4, 0.5, 1), dropout: 0.5),
            "uniform" => new UniformComposer(layer, Modules()),
            "weighted" => new WeightedComposer(layer, Modules(), [0.3, 0.4, -0.5]),
            "learned" => new LearnedComposer(layer, Modules(), [0.3, 0.4, -0.5]),
            "arrow" => new ArrowComposer(layer, Modules()),
            "router" => new LinearRouter(layer, Modules()),
            "own" => new FixedComposer(layer, Modules(), [0.3, 0.4, -0.5]),
            _ => new ConstantComposer(layer, Modules()),
        };
        if (made is LoraComposer composer) composer.Order = order;
        made.eval();
        return (AdaptedLinear)made.to(type);
    }

    // Few rows and many: by counting, another order for each.
    static Tensor[] Inputs(ScalarType type) =>
        [SmallLayers.Input(1, ScalarType.Float32, 2, In).to(type), SmallLayers.Input(2, ScalarType.Float32, 4, 30, In).to(type)];

    public static TheoryData<string, ScalarType, bool> Cases()
    {
        var cases = new TheoryData<string, ScalarType, bool>();
        foreach (string kind in new[] { "uniform", "weighted", "learned", "own", "own constant", "lora", "arrow", "router" })
            foreach (var type in new[] { ScalarType.Float32, ScalarType.BFloat16, ScalarType.Float64 })
                cases.Add(kind, type, false);
        foreach (string kind in new[] { "uniform", "weighted", "learned", "lora", "arrow" }) cases.Add(kind, ScalarType.Float32, true);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Threads_get_what_one_thread_gets(string kind, ScalarType type, bool collecting)
    {
        using var scope = NewDisposeScope();
        EvaluationOrder?[] orders = kind is "lora" or "arrow" or "router" ? [null] : [null, .. Enum.GetValues<EvaluationOrder>()];
        var settings = orders.SelectMany(order => new[] { (Order: order, Graph: false), (Order: order, Graph: true) }).ToArray();
        var inputs = Inputs(type);
        var expected = settings.Select(s => inputs.Select(x => Forward(Make(kind, type, s.Order), x, s.Graph)).ToArray()).ToArray();
        // Each round has a layer of its own, which nothing has used.
        var layers = Enumerable.Range(0, (collecting ? 2 : 4) * settings.Length).Select(i => Make(kind, type, settings[i % settings.Length].Order)).ToArray();

        ManyThreads.Run(layers.Length, round =>
        {
            int setting = round % settings.Length;
            for (int pass = 0; pass < 6; pass++)
            {
                using var threads = NewDisposeScope();
                int input = pass % inputs.Length;
                Check(Forward(layers[round], inputs[input], settings[setting].Graph), expected[setting][input], settings[setting]);
            }
        }, collecting);
    }

    /// <summary>What is made at first use is made again after a change that drops it: the threads then are as cold as at the start.</summary>
    [Theory]
    [InlineData("move", "uniform", ScalarType.Float32)]
    [InlineData("move", "weighted", ScalarType.BFloat16)]
    [InlineData("state", "uniform", ScalarType.Float32)]
    [InlineData("state", "own constant", ScalarType.BFloat16)]
    [InlineData("fix", "learned", ScalarType.Float32)]
    [InlineData("fix", "learned", ScalarType.BFloat16)]
    [InlineData("fix", "own", ScalarType.Float64)]
    public void Threads_are_safe_after_a_change_too(string change, string kind, ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var layer = (LoraComposer)Make(kind, type, order: null);
        var state = layer.state_dict().ToDictionary(p => p.Key, p => p.Value.clone());
        for (int i = 0; i < 20; i++)
        {
            var now = type;
            switch (change)
            {
                case "move":
                    now = i % 2 == 0 ? ScalarType.Float64 : type;
                    layer.to(now);
                    break;
                case "state":
                    layer.load_state_dict(state);
                    break;
                default:
                    layer.ReleaseWeights();
                    if (i % 2 == 0) layer.FixWeights();
                    break;
            }
            var x = Inputs(now)[0];
            var fresh = (LoraComposer)Make(kind, type, order: null).to(now);
            if (change == "fix" && i % 2 == 0) fresh.FixWeights();
            var expected = fresh.call(x);
            ManyThreads.Run(3, _ =>
            {
                using var threads = NewDisposeScope();
                Check(Forward(layer, x, graph: false), expected, (change, i));
            });
        }
    }

    [Fact]
    public void What_a_pass_in_inference_mode_keeps_serves_a_pass_with_a_graph()
    {
        using var scope = NewDisposeScope();
        using var layer = Make("uniform", ScalarType.Float32, order: null);
        var x = SmallLayers.Input(1, ScalarType.Float32, 3, In).requires_grad_();
        using (inference_mode()) layer.call(x);

        layer.call(x).sum().backward();

        x.grad!.ShouldBeClose(layer.MergedWeight().sum(0L).expand(3, -1), 1e-4);
    }

    // Assertions would take more time than what they are to look at.
    static void Check(Tensor found, Tensor expected, object setting)
    {
        if (found.dtype != expected.dtype || !found.equal(expected).all().item<bool>())
            throw new InvalidDataException($"Another result than one thread gets: {setting}.");
    }

    static Tensor Forward(AdaptedLinear layer, Tensor x, bool graph)
    {
        if (graph) return layer.call(x).detach();
        using var noGrad = no_grad();
        return layer.call(x);
    }
}
