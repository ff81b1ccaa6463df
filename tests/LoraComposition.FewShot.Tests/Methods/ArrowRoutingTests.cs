using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Methods;

public sealed class ArrowRoutingTests : IDisposable
{
    readonly TinyExperiment tiny = new();
    readonly ImageDataset pictures = new FractalDataset([0, 1, 2], 9, TinyModel.ImageSize);

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void AHeadIsFittedOverTheRoutedModulesAndScoredWithThem()
    {
        using var images = tiny.Images(pictures);
        using var trainer = new ImageTrainer(tiny.BaseModel, images, tiny.Modules);
        var options = new TuningOptions { Training = new TrainingOptions { Steps = 6, BatchSize = 4, Checks = 3 }, EvaluationBatchSize = 5 };
        using var trained = trainer.Train(new ArrowRouting(new ArrowOptions { TopK = 2 }), FewShotSamples.OfImages(pictures, 3, 3, 0), options);
        int[] all = [.. Enumerable.Range(0, pictures.Count)];

        trained.TrainableParameters.Should().Be(0);
        trainer.Score(trained, images, all).Loss.Should().BeApproximately(Evaluator.OnImages(trained.Model, images, all, 5).Loss, 1e-5);
        trained.Invoking(t => t.ToAdapter("mine")).Should().Throw<NotSupportedException>().WithMessage("Arrow weighs the modules for each token*measured, not kept*");

        // The head alone over the modules, by hand.
        trained.Model.eval();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var pixels = images.Batch([0, 9, 17], CPU);
        var expected = trained.Model.call(pixels);
        using var again = tiny.BaseModel.Load(["x", "y", "z"], 5);
        again.SetHead(new SavedHead(trained.Model.Classifier!.weight!.clone(), trained.Model.Classifier.bias!.clone(), pictures.ClassNames));
        again.eval();
        using (RoutedComposition.AttachArrow(again, tiny.Modules, new ArrowOptions { TopK = 2 })) (again.call(pixels) - expected).abs().max().item<float>().Should().BeLessThan(1e-5f);
    }

    [Fact]
    public void AdaptRefusesIt()
    {
        using var adaptation = new TinyAdaptation();
        adaptation.Invoking(a => a.Run(TinyAdaptation.Options with { Methods = [new ArrowRouting()] })).Should().Throw<ArgumentException>().WithMessage("*arrow*");
    }
}
