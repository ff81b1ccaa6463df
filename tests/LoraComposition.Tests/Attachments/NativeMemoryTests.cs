using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Tests.Attachments;

/// <summary>Long training keeps native memory flat. The garbage collector sees none of it, so each forward pass must clean up after itself.</summary>
public class NativeMemoryTests
{
    const int Steps = 500;

    [Theory]
    [InlineData("learned")]
    [InlineData("uniform")]
    [InlineData("lora")]
    [InlineData("router")]
    public void Five_hundred_training_steps_leave_no_tensor_behind(string kind)
    {
        using var outer = NewDisposeScope();
        using var model = Fixture.Vit();
        var io = Fixture.Tensors("vit-hf", "io.safetensors");
        using IDisposable attachment = kind switch
        {
            "learned" => Composition.AttachLearned(model, Fixture.Adapters()),
            "uniform" => Composition.AttachUniform(model, Fixture.Adapters()),
            "router" => RoutedComposition.Attach(model, Fixture.Adapters(), (_, layer, modules) => new LinearRouter(layer, modules)),
            _ => LoraTuning.Attach(model),
        };
        model.Classifier!.weight!.requires_grad = true;
        using var optimizer = optim.AdamW(model.parameters().Where(p => p.requires_grad).ToList(), lr: 0.01);
        model.train();

        // No scope around the forward pass, on purpose: what it leaves behind stays and is counted. TorchSharp's own backward pass and
        // optimizer leave tensors to the caller's scope.
        void Step()
        {
            using var logits = model.call(io["pixel_values"]);
            using var loss = functional.cross_entropy(logits, io["labels"]);
            using var scope = NewDisposeScope();
            loss.backward();
            optimizer.step();
            optimizer.zero_grad();
        }

        for (int i = 0; i < 5; i++) Step();
        var statistics = DisposeScopeManager.Statistics;
        long before = statistics.ThreadTotalLiveCount;
        for (int i = 0; i < Steps; i++) Step();

        statistics.ThreadTotalLiveCount.Should().Be(before, "every step disposes what it made");
    }

    public static TheoryData<string, Func<Module<Tensor, Tensor>>, long[], long> Layers => new()
    {
        { "lora", () => new LoraLinear(SmallLayers.Linear(6, 4), SmallLayers.Delta(6, 4, 2, 1, 1), dropout: 0), [3, 6], 1 },
        { "lora with dropout", () => new LoraLinear(SmallLayers.Linear(6, 4), SmallLayers.Delta(6, 4, 2, 1, 1), dropout: 0.5), [3, 6], 1 },
        { "uniform", () => new UniformComposer(SmallLayers.Linear(6, 4), [SmallLayers.Delta(6, 4, 2, 1, 1)]), [3, 6], 1 },
        { "poly", () => new PolyComposer(SmallLayers.Linear(6, 4), [SmallLayers.Delta(6, 4, 2, 1, 1), SmallLayers.Delta(6, 4, 2, 1, 2)], heads: 2), [3, 6], 1 },
        { "arrow", () => new ArrowComposer(SmallLayers.Linear(6, 4), [SmallLayers.Delta(6, 4, 2, 1, 1), null, SmallLayers.Delta(6, 4, 2, 1, 2)]), [3, 6], 1 },
        { "stacked", () => Learned(EvaluationOrder.Stacked), [3, 6], 1 },
        { "by tokens", () => Learned(EvaluationOrder.MaterialisedByTokens), [3, 6], 0 },
        { "by weight", () => Learned(EvaluationOrder.MaterialisedByWeight), [3, 6], 0 },
        { "vision transformer", Fixture.Vit, [1, 3, 32, 32], 1 },
    };

    static LearnedComposer Learned(EvaluationOrder order) => new(SmallLayers.Linear(6, 4), [SmallLayers.Delta(6, 4, 2, 1, 1), SmallLayers.Delta(6, 4, 3, 1, 2)]) { Order = order };

    /// <summary>
    /// A caller who makes no scope of his own gets one tensor from a forward pass and nothing more. Between the two passes the materialised orders lend
    /// their kept memory to the graph, so that they count one tensor less.
    /// </summary>
    [Theory]
    [MemberData(nameof(Layers))]
    public void A_pass_makes_one_tensor_that_outlives_it(string name, Func<Module<Tensor, Tensor>> make, long[] shape, long between)
    {
        using var outer = NewDisposeScope();
        using var module = make();
        var input = SmallLayers.Input(1, ScalarType.Float32, shape).requires_grad_();
        void Pass(Action<Tensor>? look = null)
        {
            using var output = module.call(input);
            look?.Invoke(output);
            using var scope = NewDisposeScope();
            output.sum().backward();
        }
        Pass();   // makes what is kept: gradients, a merged weight

        var statistics = DisposeScopeManager.Statistics;
        long before = statistics.ThreadTotalLiveCount;
        Pass(_ => statistics.ThreadTotalLiveCount.Should().Be(before + between, name));
        statistics.ThreadTotalLiveCount.Should().Be(before, name);
    }
}
