using LoraComposition.FewShot.Experiments;
using LoraComposition.FewShot.Experiments.Images;
using LoraComposition.FewShot.Methods;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Experiments.Images;

public sealed class FrozenBackbonesTests : IDisposable
{
    private readonly TinyExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void KeepsOneBankForEachStartAndImages()
    {
        var task = tiny.Task("task", [0, 1]);
        using var backbones = new FrozenBackbones(tiny.Foundation, task.ClassNames, tiny.Modules, 5);

        var plain = backbones.Bank(BackboneStart.Foundation, task.Train);
        var composed = backbones.Bank(BackboneStart.UniformComposition, task.Train);

        backbones.Bank(BackboneStart.Foundation, task.Train).Should().BeSameAs(plain);
        backbones.Bank(BackboneStart.Foundation, task.Test!).Should().NotBeSameAs(plain);
        composed.Should().NotBeSameAs(plain);
        using var plainFeatures = plain.Features([0, 1]);
        using var composedFeatures = composed.Features([0, 1]);
        plainFeatures.allclose(composedFeatures, rtol: 0, atol: 1e-3).Should().BeFalse();
    }
}
