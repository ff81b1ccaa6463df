using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Protocol;

public sealed class RandomModulesTests : IDisposable
{
    readonly TinyExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void EveryLayerHasTheNormAndTheRankOfTheTrainedOne()
    {
        using var random = MatchedModules.Draw(tiny.Modules);

        random.Modules.Select(m => m.Name).Should().Equal(tiny.Modules.Select(m => m.Name));
        foreach (var (drawn, trained) in random.Modules.Zip(tiny.Modules))
        {
            drawn.Layers.Keys.Should().Equal(trained.Layers.Keys);
            foreach (var (path, layer) in trained.Layers)
            {
                DeltaGeometry.FrobeniusNorm(drawn.Layers[path]).Should().BeApproximately(DeltaGeometry.FrobeniusNorm(layer), 1e-12 * DeltaGeometry.FrobeniusNorm(layer), path);
                drawn.Layers[path].Rank.Should().Be(layer.Rank);
                Math.Abs(DeltaGeometry.CosineSimilarity(drawn.Layers[path], layer)).Should().BeLessThan(0.5, "it has nothing else of the trained one");
            }
        }
    }

    [Fact]
    public void ALayerThatChangesNothingStaysSo()
    {
        using var model = TinyModel.Create(1);
        using var zero = TinyAdapters.Create(model, "zero", 1);
        foreach (var layer in zero.Layers.Values) layer.B.zero_();

        using var random = MatchedModules.Draw([zero]);

        random.Modules[0].Layers.Values.Select(DeltaGeometry.FrobeniusNorm).Should().OnlyContain(norm => norm == 0);
    }

    [Fact]
    public void TheSameModulesAreDrawnEachTime()
    {
        using var first = MatchedModules.Draw(tiny.Modules);
        using var second = MatchedModules.Draw(tiny.Modules);

        foreach (var (one, two) in first.Modules.Zip(second.Modules))
        {
            foreach (var (path, layer) in one.Layers) Bytes(two.Layers[path]).Should().Equal(Bytes(layer));
        }
        Bytes(first.Modules[0].Layers.Values.First()).Should().NotEqual(Bytes(first.Modules[1].Layers.Values.First()), "each module has its own");
    }

    [Theory]
    [InlineData("random-uniform", 0)]
    [InlineData("random-learned", 3)]
    public void TheMethodComposesThem(string name, int trainedPerLayer)
    {
        using var model = tiny.BaseModel.Load(["a", "b"], 3);
        using var random = MatchedModules.Draw(tiny.Modules);
        using var expected = Composition.AttachUniform(model, random.Modules).ToAdapter("expected");
        using var fresh = tiny.BaseModel.Load(["a", "b"], 3);

        using var tuning = TuningMethods.VisionControls.Find(name)!.Begin(fresh, tiny.Modules, TinyExperiment.Options, seed: 7);
        using var composed = tuning.ToAdapter("composed")!;

        // At the start both are the mean of the random modules.
        foreach (var (path, layer) in expected.Layers)
        {
            using var difference = composed.Layers[path].ToDense().sub(layer.ToDense());
            difference.abs().max().item<float>().Should().BeLessThan(1e-5f, path);
        }
        tuning.Trained.Sum(group => group.Parameters.Sum(p => p.numel())).Should().Be(trainedPerLayer * 3 * TinyModel.Layers);
    }

    [Fact]
    public void AMethodWithoutModulesIsRefused() => FluentActions.Invoking(() => new RandomModules(new ClassifierTuning())).Should().Throw<ArgumentException>().WithMessage("*classifier*");

    static byte[] Bytes(LoraDelta delta) => [.. Snapshot.Of(delta.A), .. Snapshot.Of(delta.B), .. BitConverter.GetBytes(delta.Scaling)];
}
