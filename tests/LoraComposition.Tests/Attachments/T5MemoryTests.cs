using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

/// <summary>Training and generating with a T5 leave no tensor behind, without a scope around the steps.</summary>
public sealed class T5MemoryTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();
    readonly Dictionary<string, Tensor> io = Fixture.Tensors("t5-flan", "io.safetensors");

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData("learned")]
    [InlineData("lora")]
    public void A_hundred_training_steps(string kind)
    {
        using var model = Fixture.T5();
        using IDisposable attachment = kind == "learned" ? Composition.AttachLearned(model, [Fixture.Adapter("t5-a"), Fixture.Adapter("t5-qkv")]) : LoraTuning.Attach(model);
        using var optimizer = optim.AdamW(model.parameters().Where(p => p.requires_grad).ToList(), lr: 0.01);
        model.train();
        KeepsCount(100, () =>
        {
            using var loss = model.Loss(io["input_ids"], io["attention_mask"], io["labels"]);
            using var inner = NewDisposeScope();
            loss.backward();
            optimizer.step();
            optimizer.zero_grad();
        });
    }

    [Fact]
    public void A_hundred_generations()
    {
        using var noGrad = no_grad();
        using var model = Fixture.T5();
        using var first = full([3, 1], 0, dtype: ScalarType.Int64);
        using var chosen = tensor(new long[] { 2, 0 });
        using var next = ones(2, 1, dtype: ScalarType.Int64);
        KeepsCount(100, () =>
        {
            using var states = model.Encode(io["input_ids"], io["attention_mask"]);
            using var cache = model.StartDecoding(states, io["attention_mask"]);
            model.Decode(first, cache).Dispose();
            cache.Choose(chosen);
            for (int i = 0; i < 3; i++)
            {
                using var hidden = model.Decode(next, cache);
                model.Logits(hidden).Dispose();
            }
        });
    }

    static void KeepsCount(int steps, Action step)
    {
        for (int i = 0; i < 5; i++) step();
        var statistics = DisposeScopeManager.Statistics;
        long before = statistics.ThreadTotalLiveCount;
        for (int i = 0; i < steps; i++) step();
        statistics.ThreadTotalLiveCount.Should().Be(before, "every step disposes what it made");
    }
}
