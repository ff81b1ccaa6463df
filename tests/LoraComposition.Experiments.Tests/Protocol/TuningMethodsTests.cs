using System.Text.Json;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Experiments.Tests.Protocol;

public sealed class TuningMethodsTests : IDisposable
{
    // Query, key and value of two blocks.
    const int Sites = 3 * TinyModel.Layers;
    readonly TinyExperiment tiny = new();
    readonly VisionTransformer model;

    public TuningMethodsTests() => model = tiny.BaseModel.Load(["a", "b"], 3);

    public void Dispose()
    {
        model.Dispose();
        tiny.Dispose();
    }

    [Fact]
    public void FindsMethodsByName()
    {
        TuningMethods.Vision.Select(m => m.Name).Should().Equal("classifier", "full", "lora", "uniform", "learned");
        foreach (var method in TuningMethods.Vision) TuningMethods.Vision.Find(method.Name.ToUpperInvariant()).Should().BeSameAs(method);
        TuningMethods.Vision.Find("foo").Should().BeNull();
        TuningMethods.Rivals.Select(m => m.Name).Should().Equal("task-arithmetic", "ties", "dare", "dare-ties", "magnitude", "breadcrumbs", "knots-ties", "core-space-ties",
            "factor-mean", "greedy-soup", "lorahub", "ratatouille");
        TuningMethods.VisionControls.Select(m => m.Name).Should().Equal("best-single", "random-uniform", "random-learned");
    }

    [Theory]
    [InlineData("classifier", false)]
    [InlineData("full", false)]
    [InlineData("lora", false)]
    [InlineData("uniform", true)]
    [InlineData("learned", true)]
    public void StartsAsTheSharedModel(string name, bool needsModules)
    {
        var start = needsModules ? StartingPoint.UniformComposition : StartingPoint.BaseModel;
        var method = TuningMethods.Vision.Find(name)!;
        (method.Start, method.NeedsModules).Should().Be((start, needsModules));
        using var plain = tiny.BaseModel.Load(["a", "b"], 3);
        using var composed = tiny.BaseModel.Load(["a", "b"], 3);
        using var composition = Composition.AttachUniform(composed, tiny.Modules);

        using var tuning = Begin(name);

        // Methods of one start share the features of the warm-up, so they must compute the same.
        double toPlain = Distance(model, plain), toComposed = Distance(model, composed);
        (start == StartingPoint.BaseModel ? toPlain : toComposed).Should().BeLessThan(1e-5);
        (start == StartingPoint.BaseModel ? toComposed : toPlain).Should().BeGreaterThan(1e-3);
    }

    [Theory]
    [InlineData("lora", 2 * (TinyModel.Width + TinyModel.Width) * Sites)]
    [InlineData("learned", 3 * Sites)]
    public void TrainsWhatItAttaches(string name, long expected)
    {
        var before = Own(model);

        using var tuning = Begin(name);

        tuning.Trained.Single().Parameters.Sum(p => p.numel()).Should().Be(expected);
        Trainable().Should().BeEquivalentTo(tuning.Trained.Single().Parameters.Select(p => p.Handle));
        before.Where(p => p.requires_grad).Select(p => p.Handle).Should().BeEquivalentTo(model.Classifier!.parameters().Select(p => p.Handle), "the head trains too");
    }

    [Theory]
    [InlineData("classifier")]
    [InlineData("uniform")]
    public void LeavesTheBodyAsItIs(string name)
    {
        using var tuning = Begin(name);

        tuning.Trained.Should().BeEmpty();
        tuning.FixForEvaluation().Should().BeNull();
        Trainable().Should().BeEmpty();
    }

    [Fact]
    public void FullTrainsAllButTheHead()
    {
        foreach (var parameter in model.parameters()) parameter.requires_grad = false;

        using var tuning = Begin("full");

        var body = model.named_parameters().Where(p => p.name is not ("classifier.weight" or "classifier.bias")).Select(p => p.parameter.Handle).ToArray();
        body.Should().HaveCount(model.parameters().Count() - 2);
        tuning.Trained.Single().Parameters.Select(p => p.Handle).Should().BeEquivalentTo(body);
        Trainable().Should().Contain(body);
    }

    [Theory]
    [InlineData("full", 5e-5, 0.01)]
    [InlineData("lora", 2e-3, 0.01)]
    [InlineData("learned", 0.05, 0)]
    public void EachHasItsOwnRate(string name, double rate, double decay)
    {
        using var tuning = TuningMethods.Vision.Find(name)!.Begin(model, tiny.Modules, new TuningOptions(), 0);

        (tuning.Trained.Single().LearningRate, tuning.Trained.Single().WeightDecay).Should().Be((rate, decay));
    }

    [Theory]
    [InlineData("classifier")]
    [InlineData("full")]
    [InlineData("lora")]
    [InlineData("uniform")]
    [InlineData("learned")]
    public void DisposingRestoresTheModel(string name)
    {
        string[] names = Names();
        var before = Snapshot.Of(model.named_parameters());
        using var untouched = tiny.BaseModel.Load(["a", "b"], 3);

        Begin(name).Dispose();

        Names().Should().Equal(names);
        model.Sites.Should().OnlyContain(site => site.Layer is TorchSharp.Modules.Linear);
        Snapshot.Of(model.named_parameters()).Should().BeEquivalentTo(before);
        Distance(model, untouched).Should().Be(0);
    }

    [Fact]
    public void LearnedTellsItsWeights()
    {
        using var tuning = Begin("learned");
        using (no_grad()) tuning.Trained.Single().Parameters[0].copy_(tensor(new float[] { 0, 1, 2 }));

        var found = tuning.ToFindings()!.Weights!;

        found.AdapterNames.Should().Equal("first", "second", "third");
        var weights = found.Layers.ToDictionary(w => w.Key, w => w.Value.ToArray());
        weights.Keys.Should().Equal(model.Sites.Where(s => s.Layer is not TorchSharp.Modules.Linear).Select(s => s.Path)).And.HaveCount(Sites);
        foreach (double[] layer in weights.Values)
        {
            layer.Should().HaveCount(3);
            layer.Sum().Should().BeApproximately(1, 1e-6);
        }
        double sum = 1 + Math.E + Math.E * Math.E;
        double[] first = weights.Values.First();
        first[0].Should().BeApproximately(1 / sum, 1e-6);
        first[2].Should().BeApproximately(Math.E * Math.E / sum, 1e-6);
        foreach (string other in (string[])["classifier", "full", "lora", "uniform"])
        {
            using var fresh = tiny.BaseModel.Load(["a", "b"], 3);
            using var quiet = TuningMethods.Vision.Find(other)!.Begin(fresh, tiny.Modules, TinyExperiment.Options, 0);
            quiet.ToFindings().Should().BeNull();
        }
    }

    [Fact]
    public void FixingLearnedWeightsChangesTheCostOnly()
    {
        using var tuning = Begin("learned");
        using (no_grad()) tuning.Trained.Single().Parameters[0].copy_(tensor(new float[] { 0, 1, 2 }));
        using var pixels = Pixels();
        using var noGrad = no_grad();
        using var before = model.call(pixels);

        using (var handle = tuning.FixForEvaluation())
        {
            handle.Should().NotBeNull();
            using var during = model.call(pixels);
            during.allclose(before, rtol: 0, atol: 1e-5).Should().BeTrue();
        }

        tuning.Trained.Single().Parameters[0].zero_();
        using var after = model.call(pixels);
        after.allclose(before, rtol: 0, atol: 1e-5).Should().BeFalse("changes of the weights are seen again");
    }

    [Fact]
    public void LoraStartsFromItsSeed()
    {
        byte[] Start(int seed)
        {
            using var fresh = tiny.BaseModel.Load(["a", "b"], 3);
            using var tuning = TuningMethods.Vision.Find("lora")!.Begin(fresh, [], TinyExperiment.Options, seed);
            return [.. tuning.Trained.Single().Parameters.SelectMany(p => Snapshot.Of(p))];
        }

        byte[] first = Start(1);

        Start(1).Should().Equal(first);
        Start(2).Should().NotEqual(first);
    }

    ITuning Begin(string name) => TuningMethods.Vision.Find(name)!.Begin(model, tiny.Modules, TinyExperiment.Options, 0);

    static List<TorchSharp.Modules.Parameter> Own(VisionTransformer model) => [.. model.parameters()];

    // The head trains with every method.
    IEnumerable<IntPtr> Trainable() => model.named_parameters().Where(p => p.parameter.requires_grad && !p.name.StartsWith("classifier.", StringComparison.Ordinal)).Select(p => p.parameter.Handle);

    string[] Names() => [.. model.named_parameters().Select(p => p.name)];

    static Tensor Pixels()
    {
        using var generator = new Generator(9, CPU);
        return randn(2, 3, TinyModel.ImageSize, TinyModel.ImageSize, generator: generator);
    }

    static double Distance(VisionTransformer left, VisionTransformer right)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var pixels = Pixels();
        return left.call(pixels).sub(right.call(pixels)).abs().max().item<float>();
    }
}
