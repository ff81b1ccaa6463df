using LoraComposition.FewShot.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Trainers;

public sealed class HeadTrainingTests
{
    [Fact]
    public void TrainsTheHeadAndNothingElse()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(2, CPU);
        using var model = TinyModel.Create(1, "a", "b", "c");
        var labels = arange(30, dtype: ScalarType.Int64).remainder(3);
        var features = randn(3, TinyModel.Width, generator: generator).index_select(0, labels).add(randn(30, TinyModel.Width, generator: generator), alpha: 0.1);
        var before = Snapshot.Of(model.named_parameters());
        var start = Evaluator.OnFeatures(model, features, labels);

        HeadTraining.Run(model, new TrainableGroup([.. model.Classifier!.parameters()], 0.05), features, labels, null, new TrainingOptions { Steps = 60 }, 0, NullLogger.Instance, default);

        start.Accuracy.Should().BeLessThan(1);
        Evaluator.OnFeatures(model, features, labels).Accuracy.Should().Be(1);
        var after = Snapshot.Of(model.named_parameters());
        after.Where(p => !p.Value.SequenceEqual(before[p.Key])).Select(p => p.Key).Should().BeEquivalentTo("classifier.weight", "classifier.bias");
    }
}
