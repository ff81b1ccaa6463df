using LoraComposition.Attachments;
using LoraComposition.Composers;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

/// <summary>The composition on a GPU agrees with the CPU. Skipped, visibly, where there is none.</summary>
public class CudaTests
{
    [Fact]
    public void Learned_logits_and_gradients_equal_those_of_the_cpu()
    {
        Assert.SkipUnless(cuda.is_available(), "This machine, or this build of libtorch, has no CUDA device.");
        using var scope = NewDisposeScope();
        var io = Fixture.Tensors("vit-hf", "io.safetensors");

        (Tensor Logits, Tensor[] Gradients) Compute(Device device)
        {
            using var model = Fixture.Vit();
            model.to(device);
            using var composition = Composition.AttachLearned(model, Fixture.Adapters());
            var logits = model.call(io["pixel_values"].to(device));
            nn.functional.cross_entropy(logits, io["labels"].to(device)).backward();
            return (logits.cpu(), [.. composition.Layers.Select(l => ((LearnedComposer)l.Layer).Logits.grad!.cpu())]);
        }

        var (expected, actual) = (Compute(CPU), Compute(CUDA));
        actual.Logits.ShouldBeClose(expected.Logits);
        for (int i = 0; i < expected.Gradients.Length; i++) actual.Gradients[i].ShouldBeClose(expected.Gradients[i]);
    }
}
