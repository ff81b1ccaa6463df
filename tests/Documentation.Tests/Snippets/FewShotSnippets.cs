using Documentation.Tests.Support;
using LoraComposition;
using LoraComposition.FewShot;
using LoraComposition.Models;

namespace Documentation.Tests.Snippets;

public sealed class FewShotSnippets : IDisposable
{
    readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public void A_trainer_of_ones_own_images()
    {
        #region train
        var baseModel = ImageBaseModel.Open("vit");
        using var modules = LoraAdapter.LoadAll("modules");
        var images = ImageFolderDataset.Open("my-images");                       // <class>/*.png
        var samples = FewShotSamples.OfImages(images, shots: 5);                 // 5 of each class to learn from, others held out
        using var trainer = new ImageTrainer(baseModel, images, modules);
        using var trained = trainer.Train(new LearnedComposition(), samples);    // or ClassifierTuning, LoraFromScratch, …
        Console.WriteLine($"held out: {trained.Outcome.Validation?.Accuracy:P0}");

        using var adapter = trained.ToAdapter("my-task")!;                       // one exact PEFT adapter, with the trained head
        adapter.Save("my-task");
        var predictor = new ImagePredictor(trained.Model, baseModel.Preprocessing);
        Console.WriteLine(predictor.Predict("photos/one.png", top: 1)[0]);
        #endregion
        adapter.Head!.ClassNames.Should().Equal("cat", "dog");
        #region train-more
        foreach (var check in trained.Outcome.History)
            Console.WriteLine($"step {check.Step}: loss {check.TrainingLoss:F3}, held out {check.Validation?.Accuracy:P0}");
        trained.ToWeights()?.Save("weights.json");      // the weight of every module at every layer
        using var model = trained.Merge();              // the plain model, updates merged, head trained; it is yours now
        model.Save("merged", new CheckpointSaveOptions { CompanionsFrom = "vit" });
        #endregion
        trained.Outcome.History.Should().HaveCountGreaterThan(1);
        CompositionWeights.Load("weights.json").AdapterNames.Should().Equal(modules.Select(module => module.Name));
        #region train-options
        var options = new TuningOptions { ComposerLearningRate = 0.1, Training = new TrainingOptions { Steps = 60, BatchSize = 10 } };
        using var faster = trainer.Train(new LearnedComposition(), samples, options);
        #endregion
        #region train-module
        int[] all = [.. Enumerable.Range(0, images.Count)];
        var (module, outcome) = trainer.TrainModule("my-images", all, validation: [], new ModuleTrainingOptions { Lora = new LoraOptions { Rank = 8 } });
        using (module) module.Save("modules/my-images");
        #endregion
        outcome.Steps.Should().BePositive();
    }

    [Fact]
    public void A_method_of_ones_own()
    {
        var baseModel = ImageBaseModel.Open("vit");
        using var modules = LoraAdapter.LoadAll("modules");
        var images = ImageFolderDataset.Open("my-images");
        var samples = FewShotSamples.OfImages(images, shots: 5);
        using var trainer = new ImageTrainer(baseModel, images, modules);
        #region method-use
        using var trained = trainer.Train(new UnconstrainedComposition(), samples);
        Console.WriteLine($"{trained.TrainableParameters} numbers trained besides the head");
        #endregion
        trained.TrainableParameters.Should().Be(2 * trained.ToWeights()!.Layers.Count);
        using var biases = trainer.Train(new BiasTuning(), samples, new TuningOptions { FullLearningRate = 1e-3, Training = new TrainingOptions { Steps = 10 } });
        biases.TrainableParameters.Should().BePositive().And.NotBe(trained.TrainableParameters);
        biases.ToAdapter("none").Should().BeNull("the base model's own numbers were trained");
    }

    [Fact]
    public void A_folder_of_labelled_images()
    {
        {
            #region adapt
            var baseModel = ImageBaseModel.Open("vit");
            using var modules = LoraAdapter.LoadAll("modules");
            var adaptation = new ImageAdaptation(baseModel, modules, new ImageAdaptationOptions
            {
                Shots = 5,
                Methods = [new LearnedComposition(), new UniformComposition(), new ClassifierTuning()],
            });
            using var result = adaptation.Run(ImageFolderSplits.Open("my-images"));
            Console.WriteLine(result.Report.Verdict);
            result.Save("my-model");
            #endregion
        }
        {
            #region predict
            using var adapted = AdaptedModel.Load("my-model");
            var predictor = new ImagePredictor(adapted);   // one for all threads
            Parallel.ForEach(Directory.EnumerateFiles("photos"), file => Console.WriteLine($"{file}: {predictor.Predict(file, top: 1)[0]}"));
            #endregion
            adapted.Info.Should().NotBeNull();
        }
    }
}
