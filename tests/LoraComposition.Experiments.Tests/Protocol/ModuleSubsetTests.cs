using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Protocol;

public class ModuleSubsetTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    public void EverySubsetComesOnceTheSmallestFirst(int modules)
    {
        var all = ModuleSubset.All(new LearnedComposition(), modules);

        all.Should().HaveCount((1 << modules) - 1);
        all.Select(subset => subset.Modules.Sum(module => 1 << module)).Should().OnlyHaveUniqueItems().And.OnlyContain(bits => bits >= 1 && bits < 1 << modules);
        all.Select(subset => subset.Modules.Count).Should().BeInAscendingOrder();
        all.Select(subset => subset.Name).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void ThreeModulesHaveTheSubsetsWrittenOut() =>
        ModuleSubset.All(new UniformComposition(), 3).Select(subset => subset.Name).Should().Equal("uniform-1", "uniform-2", "uniform-3", "uniform-1-2", "uniform-1-3", "uniform-2-3", "uniform-1-2-3");

    [Fact]
    public void WhatCannotBeIsRefused()
    {
        FluentActions.Invoking(() => new ModuleSubset(new ClassifierTuning(), [0])).Should().Throw<ArgumentException>().WithMessage("*classifier*");
        foreach (int[] modules in (int[][])[[], [1, 1], [2, 1], [-1, 0]])
            FluentActions.Invoking(() => new ModuleSubset(new LearnedComposition(), modules)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => ModuleSubset.All(new LearnedComposition(), 0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => ModuleSubset.All(new LearnedComposition(), 21)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new ModuleSubset(new LearnedComposition(), [0, 3]).Select(["a", "b", "c"])).Should().Throw<ArgumentException>().WithMessage("*module 4*only 3*");
    }

    [Fact]
    public void OnlyItsModulesAreComposed()
    {
        using var experiment = new TinyExperiment();
        using var model = TinyModel.Create(1, "a", "b");

        using var tuning = new ModuleSubset(new LearnedComposition(), [0, 2]).Begin(model, experiment.Modules, TinyExperiment.Options, seed: 0);

        tuning.ToWeights()!.AdapterNames.Should().Equal("first", "third");
    }
}
