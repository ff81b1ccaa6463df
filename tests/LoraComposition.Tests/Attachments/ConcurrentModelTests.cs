using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

/// <summary>One composed model serves several threads, from the first forward pass on.</summary>
public sealed class ConcurrentModelTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData("vit", "uniform", ScalarType.Float32, false)]
    [InlineData("vit", "uniform", ScalarType.Float32, true)]
    [InlineData("vit", "uniform", ScalarType.BFloat16, false)]
    [InlineData("vit", "weighted", ScalarType.Float64, false)]
    [InlineData("vit", "learned", ScalarType.Float32, false)]
    [InlineData("vit", "learned", ScalarType.BFloat16, true)]
    [InlineData("t5", "uniform", ScalarType.Float32, true)]
    [InlineData("t5", "weighted", ScalarType.Float32, false)]
    [InlineData("t5", "learned", ScalarType.Float32, true)]
    [InlineData("t5", "learned", ScalarType.BFloat16, false)]
    [InlineData("vit", "arrow", ScalarType.Float32, true)]
    [InlineData("vit", "arrow", ScalarType.BFloat16, false)]
    [InlineData("t5", "arrow", ScalarType.Float32, false)]
    public void Threads_get_what_one_thread_gets(string name, string kind, ScalarType type, bool collecting)
    {
        var (model, call) = name == "vit" ? Vit(type) : T5(type);
        var adapters = name == "vit" ? Fixture.Adapters() : [Fixture.Adapter("t5-a"), Fixture.Adapter("t5-b")];
        // Uniform composition merges at first use, which is what the threads compete for.
        int colds = collecting ? 2 : kind == "uniform" && type == ScalarType.Float32 ? 20 : 4;
        foreach (bool graph in new[] { false, true })
        {
            Tensor expected;
            using (Attach()) expected = Call(graph);
            for (int cold = 0; cold < colds; cold++)
            {
                using var composition = Attach();
                ManyThreads.Run(collecting ? 20 : 2, _ =>
                {
                    using var threads = NewDisposeScope();
                    if (!Call(graph).equal(expected).all().item<bool>()) throw new InvalidDataException("Another result than one thread gets.");
                }, collecting);
            }
        }

        IDisposable Attach() => kind switch
        {
            "uniform" => Composition.AttachUniform(model, adapters),
            "learned" => Composition.AttachLearned(model, adapters),
            "arrow" => RoutedComposition.AttachArrow(model, adapters, new ArrowOptions { TopK = 1 }),
            _ => Composition.AttachWeighted(model, adapters, [.. adapters.Select((_, n) => 0.5 - n)]),
        };

        Tensor Call(bool graph)
        {
            if (graph) return call().detach();
            using var noGrad = no_grad();
            return call();
        }
    }

    [Fact]
    public void Threads_generate_what_one_thread_generates()
    {
        using var model = Fixture.T5();
        model.eval();
        var io = Fixture.Tensors("t5-flan", "io.safetensors");
        LoraAdapter[] adapters = [Fixture.Adapter("t5-a"), Fixture.Adapter("t5-b")];
        using var composition = Composition.AttachLearned(model, adapters);
        var expected = Ids();

        using (composition.FixWeights()) ManyThreads.Run(2, _ => Ids().Should().Equal(expected), collecting: true);

        long[] Ids() => [.. model.Generate(io["input_ids"], io["attention_mask"], new GenerationOptions { MaxLength = 6, Beams = 2 }).SelectMany(r => r.Best.Ids)];
    }

    static (IAdaptableModel, Func<Tensor>) Vit(ScalarType type)
    {
        var model = Fixture.Vit();
        model.to(type);
        model.eval();
        var pixels = Fixture.Tensors("vit-hf", "io.safetensors")["pixel_values"].to(type);
        return (model, () => model.call(pixels));
    }

    static (IAdaptableModel, Func<Tensor>) T5(ScalarType type)
    {
        var model = Fixture.T5(dtype: type);
        model.eval();
        var io = Fixture.Tensors("t5-flan", "io.safetensors");
        var decoderIds = model.ShiftRight(io["labels"]);
        return (model, () => model.call(io["input_ids"], io["attention_mask"], decoderIds));
    }
}
