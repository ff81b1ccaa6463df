using LoraComposition.Attachments;
using LoraComposition.Models.Vit;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

/// <summary>Long training keeps native memory flat. The garbage collector sees none of it, so each forward pass must clean up after itself.</summary>
public class NativeMemoryTests
{
    const int Steps = 500;

    [Theory]
    [InlineData("learned")]
    [InlineData("uniform")]
    [InlineData("lora")]
    public void Five_hundred_training_steps_leave_no_tensor_behind(string kind)
    {
        using var outer = NewDisposeScope();
        using var model = Fixture.Vit();
        var io = Fixture.Tensors("vit-hf", "io.safetensors");
        using IDisposable attachment = kind switch
        {
            "learned" => Composition.AttachLearned(model, Fixture.Adapters()),
            "uniform" => Composition.AttachUniform(model, Fixture.Adapters()),
            _ => LoraTuning.Attach(model),
        };
        model.Classifier!.weight!.requires_grad = true;
        using var optimizer = optim.AdamW(model.parameters().Where(p => p.requires_grad).ToList(), lr: 0.01);
        model.train();

        void Step()
        {
            using var scope = NewDisposeScope();
            nn.functional.cross_entropy(model.call(io["pixel_values"]), io["labels"]).backward();
            optimizer.step();
            optimizer.zero_grad();
        }

        for (int i = 0; i < 5; i++) Step();
        var statistics = DisposeScopeManager.Statistics;
        long before = statistics.ThreadTotalLiveCount;
        for (int i = 0; i < Steps; i++) Step();

        statistics.ThreadTotalLiveCount.Should().Be(before, "every step disposes what it made");
    }

    /// <summary>A caller who makes no scope of his own around a forward pass gets one tensor from it, nothing more.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_forward_pass_makes_one_tensor_that_outlives_it(bool learned)
    {
        using var outer = NewDisposeScope();
        using var model = Fixture.Vit();
        var pixels = Fixture.Tensors("vit-hf", "io.safetensors")["pixel_values"];
        using IDisposable attachment = learned ? Composition.AttachLearned(model, Fixture.Adapters()) : LoraTuning.Attach(model);
        model.call(pixels).Dispose();

        var statistics = DisposeScopeManager.Statistics;
        long before = statistics.ThreadTotalLiveCount;
        using var output = model.call(pixels);
        statistics.ThreadTotalLiveCount.Should().Be(before + 1);
    }
}
