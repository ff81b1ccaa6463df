using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.Experiments.Tests.Protocol;

public sealed class ImageModuleSimilarityTests : IDisposable
{
    readonly TinyExperiment experiment = new();
    readonly ImageTask task;

    public ImageModuleSimilarityTests() => task = experiment.Task("down", [10, 11]);

    public void Dispose() => experiment.Dispose();

    [Fact]
    public void AModuleIsLikeItselfAndLessLikeOthers()
    {
        var layers = Compute(experiment.Modules, experiment.Modules[1], 8, batch: 8);

        layers.Should().HaveCount(3 * TinyModel.Layers);
        layers.Select(layer => layer.Site.Role).Distinct().Should().Equal(LinearRole.Query, LinearRole.Key, LinearRole.Value);
        foreach (var (_, similarities) in layers)
        {
            similarities[1].Should().BeApproximately(1, 1e-9);
            similarities[0].Should().BeInRange(1e-4, 0.99);
        }
    }

    [Fact]
    public void TheBatchesDoNotMatterButTheImagesDo()
    {
        double[] whole = Numbers(8, 8), parts = Numbers(8, 3), fewer = Numbers(4, 8);

        // The model itself rounds differently for other batches.
        for (int i = 0; i < whole.Length; i++) parts[i].Should().BeApproximately(whole[i], 1e-4);
        fewer.Zip(whole, (a, b) => Math.Abs(a - b)).Max().Should().BeGreaterThan(1e-3);
    }

    [Fact]
    public void AModuleOfAnotherModelIsRefused()
    {
        using var other = new LoraAdapter("other", [new("vit.layers.9.attention.q_proj", new LoraDelta(ones(1, 4), ones(4, 1), 1))]);

        FluentActions.Invoking(() => Compute([other], experiment.Modules[0], 4, 4)).Should().Throw<AdapterMismatchException>().WithMessage("*'other'*layers.9*");
    }

    [Fact]
    public void ItCanBeCancelled() => FluentActions.Invoking(() => ImageModuleSimilarity.Compute(experiment.BaseModel, experiment.Modules, experiment.Modules[0], task.Test!, [0, 1], 1, NullProgressReporter.Instance, new CancellationToken(canceled: true)))
        .Should().Throw<OperationCanceledException>();

    double[] Numbers(int images, int batch) => [.. Compute(experiment.Modules, experiment.Modules[0], images, batch).SelectMany(layer => layer.Similarities)];

    IReadOnlyList<(AdapterSite Site, IReadOnlyList<double> Similarities)> Compute(IReadOnlyList<LoraAdapter> modules, LoraAdapter reference, int images, int batch) =>
        ImageModuleSimilarity.Compute(experiment.BaseModel, modules, reference, task.Test!, [.. Enumerable.Range(0, images)], batch, NullProgressReporter.Instance);
}
