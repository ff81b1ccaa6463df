using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Trainers;

public sealed class FrozenModelsTests : IDisposable
{
    readonly TinyExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void KeepsOneBankForEachStartAndImages()
    {
        var task = tiny.Task("task", [0, 1]);
        using var frozen = new FrozenModels(tiny.BaseModel, task.ClassNames, tiny.Modules, 5);

        var plain = frozen.Bank(StartingPoint.BaseModel, task.Train);
        var composed = frozen.Bank(StartingPoint.UniformComposition, task.Train);

        frozen.Bank(StartingPoint.BaseModel, task.Train).Should().BeSameAs(plain);
        frozen.Bank(StartingPoint.BaseModel, task.Test!).Should().NotBeSameAs(plain);
        composed.Should().NotBeSameAs(plain);
        using var plainFeatures = plain.Features([0, 1]);
        using var composedFeatures = composed.Features([0, 1]);
        plainFeatures.allclose(composedFeatures, rtol: 0, atol: 1e-3).Should().BeFalse();
    }
}
