using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Methods;

public sealed class MergedCompositionTests : IDisposable
{
    readonly TinyExperiment tiny = new();
    readonly ImageDataset pictures = new FractalDataset([0, 1, 2], 9, TinyModel.ImageSize);
    readonly TuningOptions options = new() { EvaluationBatchSize = 5 };

    public void Dispose() => tiny.Dispose();

    FewShotSamples Samples(int validation, int seed = 0) => FewShotSamples.OfImages(pictures, 3, Math.Max(1, validation), seed) is var drawn && validation > 0
        ? drawn : drawn with { Validation = [] };

    [Theory]
    [InlineData("ties", 3, "ties@0.2x0.3,ties@0.2x1,ties@0.5x0.3,ties@0.5x1")]
    [InlineData("ties", 0, "ties@0.2x0.3,ties@0.2x1,ties@0.5x0.3,ties@0.5x1")]
    [InlineData("task-arithmetic", 3, "task-arithmetic@0.3,task-arithmetic@1")]
    public void TheSettingsAreChosenByHeldOutLoss(string name, int validation, string candidates)
    {
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules);
        using var trained = trainer.Train(new MergedComposition(name), Samples(validation), options);

        string.Join(',', trained.Candidates.Select(candidate => candidate.Method)).Should().Be(candidates);
        trained.Candidates.Select(candidate => candidate.Validation.Loss).Should().OnlyHaveUniqueItems();
        trained.Method.Name.Should().Be(trained.Candidates.MinBy(candidate => candidate.Validation.Loss)!.Method);
        trained.Findings!.Notes.Should().ContainKey("lambda").And.HaveCount(name == "ties" ? 2 : 1);
    }

    [Fact]
    public void OneSettingIsNoChoice()
    {
        var one = options with { MergeLambdas = [-0.5], MergeDensities = [0.25] };
        var method = new MergedComposition("magnitude");
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules);
        using var trained = trainer.Train(method, Samples(3), one);

        trained.Candidates.Should().BeEmpty();
        trained.Method.Name.Should().Be("magnitude");
        trained.Findings!.Notes.Should().Equal(new Dictionary<string, string> { ["density"] = "0.25", ["lambda"] = "-0.5" });
        AssertUpdate(trained, new MagnitudeMerge(0.25, -0.5));
    }

    [Fact]
    public void WhatIsDrawnFollowsTheSeedOfTheTraining()
    {
        var one = options with { MergeLambdas = [1], MergeDensities = [0.5] };
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules);
        using var first = trainer.Train(new MergedComposition("dare"), Samples(3, seed: 1), one);
        using var second = trainer.Train(new MergedComposition("dare"), Samples(3, seed: 2), one);

        AssertUpdate(first, new DareMerge(0.5, 1));
        AssertUpdate(second, new DareMerge(0.5, 2));
        first.Method.Start.Should().NotBe(second.Method.Start);
        using var again = trainer.Train(new MergedComposition("dare"), Samples(3, seed: 1), one);
        again.Method.Start.Should().Be(first.Method.Start, "equal starts share their features");
    }

    [Fact]
    public void TakesAMethodOfOnesOwn()
    {
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, tiny.Modules);
        using var trained = trainer.Train(new MergedComposition(new BreadcrumbsMerge(0.4, 0.1)), Samples(3), options);

        trained.Candidates.Should().BeEmpty();
        trained.Method.Name.Should().Be("breadcrumbs");
        AssertUpdate(trained, new BreadcrumbsMerge(0.4, 0.1));
    }

    [Fact]
    public void RefusesWhatItCannotMake()
    {
        FluentActions.Invoking(() => new MergedComposition("tease")).Should().Throw<ArgumentException>().WithMessage("There is no merge method 'tease'; there are uniform, *");
        FluentActions.Invoking(() => new MergedComposition("fisher")).Should().Throw<ArgumentException>().WithMessage("Merge method 'fisher' needs a fisher*");
    }

    /// <summary>The exported update is that of the method on the files' updates alone.</summary>
    void AssertUpdate<TModel>(TrainedModel<TModel> trained, MergeMethod method) where TModel : class, LoraComposition.Models.IBaseModel
    {
        using var scope = NewDisposeScope();
        using var adapter = trained.ToAdapter("mine")!;
        foreach (var (path, update) in adapter.Layers)
        {
            using var merged = method.Merge(new MergeLayer(path, [.. tiny.Modules.Select(module => module.Layers[path])]));
            (update.ToDense() - merged.ToDense()).abs().max().item<float>().Should().BeLessThan(1e-5f);
        }
    }
}
