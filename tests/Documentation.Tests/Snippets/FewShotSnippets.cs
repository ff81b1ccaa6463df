using Documentation.Tests.Support;
using LoraComposition;
using LoraComposition.FewShot;
using LoraComposition.Models;

namespace Documentation.Tests.Snippets;

#region method
/// <summary>Learns the weights as the learned composition does, from those that were found for a similar task.</summary>
public sealed class ContinuedComposition(CompositionWeights found) : ITuningMethod
{
    public string Name => "continued";

    public StartingPoint Start => new FoundWeights(found);

    public bool NeedsModules => true;

    public bool KeepsBase => true;

    public TuningOptions ScaleRate(TuningOptions options, double factor) => options with { ComposerLearningRate = factor * options.ComposerLearningRate };

    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed) =>
        new CompositionTuning(Composition.AttachLearned(model, modules, found, trainHead: model is IClassifierModel { Classifier: not null }), options.ComposerLearningRate);

    // What the model computes while the head is warmed up.
    sealed record FoundWeights(CompositionWeights Weights) : StartingPoint
    {
        public override IDisposable Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) => Composition.AttachWeighted(model, modules, Weights);
    }
}
#endregion

public class FewShotSnippets
{
    [Fact]
    public void A_folder_of_labelled_images()
    {
        using var workplace = new Workplace();
        {
            #region adapt
            var baseModel = ImageBaseModel.Open("vit");
            using var modules = LoraAdapter.LoadAll("modules");
            var adaptation = new ImageAdaptation(baseModel, modules, new ImageAdaptationOptions
            {
                Shots = 5,
                Methods = [new LearnedComposition(), new UniformComposition(), new ClassifierTuning()],
            });
            using var result = adaptation.Run(ImageFolderSplits.Open("my-images"), NullProgressReporter.Instance);
            Console.WriteLine(result.Report.Verdict);
            result.Save("my-model");
            #endregion
        }
        {
            #region predict
            using var adapted = AdaptedModel.Load("my-model");
            var predictor = new ImagePredictor(adapted);
            foreach (var prediction in predictor.Predict(["photos/one.png"], top: 1, NullProgressReporter.Instance))
                Console.WriteLine($"{prediction.Path}: {prediction.Classes[0]}");
            #endregion
            adapted.Info.Should().NotBeNull();
        }
    }

    [Fact]
    public void Images_with_a_trainer()
    {
        using var workplace = new Workplace();
        CompositionWeights found;
        #region train-images
        using var modules = LoraAdapter.LoadAll("modules");
        var images = ImageFolderDataset.Open("my-images");               // a folder for each class
        var samples = FewShotSamples.OfImages(images, shots: 5);         // five of each class; what is left stops the training
        using var trainer = new ImageTrainer(ImageBaseModel.Open("vit"), images, modules);
        using var trained = trainer.Train(new LearnedComposition(), samples);
        foreach (var check in trained.Outcome.History) Console.WriteLine($"step {check.Step}: loss {check.TrainingLoss:F3}, held out {check.Validation?.Accuracy:P1}");
        using (var adapter = trained.ToAdapter("my-task")!) adapter.Save("my-task");   // with the trained head and the names of the classes
        found = trained.ToWeights()!;
        using var plain = trained.Merge();                               // or: the plain model with it all in its weights
        plain.Save("my-vit", new CheckpointSaveOptions { CompanionsFrom = "vit" });
        #endregion
        using (var saved = LoraAdapter.Load("my-task")) saved.Head!.ClassNames.Should().Equal("cat", "dog");
        trained.Outcome.History.Should().NotBeEmpty();
        #region method-use
        using var continued = trainer.Train(new ContinuedComposition(found), samples);
        #endregion
        continued.TrainableParameters.Should().BePositive();
        continued.ToWeights().Should().NotBeNull();
    }

    [Fact]
    public void Questions_with_a_trainer()
    {
        using var workplace = new Workplace();
        MultipleChoiceQuestion[] read =
            [.. Enumerable.Range(0, 12).Select(i => new MultipleChoiceQuestion($"{i}", "which is last in the list", [new AnswerOption("A", "two"), new AnswerOption("B", "nine")], i % 2))];
        #region train-texts
        var baseModel = TextBaseModel.Open("flan-t5");
        using var modules = new AdapterCollection(LoraAdapter.Load("adapters/sciq"), LoraAdapter.Load("adapters/quail"));
        var questions = new TokenizedQuestions(new QuestionDataset("my-questions", read), CrossFitTemplates.Arc, baseModel.Tokenizer, new TextLengths());
        using var trainer = new TextTrainer(baseModel, questions, modules);
        using var trained = trainer.Train(new LearnedComposition(), FewShotSamples.OfQuestions(questions.Dataset, shots: 5, validation: 5));
        Console.WriteLine(trained.Outcome.Validation?.Accuracy);
        using var adapter = trained.ToAdapter("my-task");
        #endregion
        adapter.Should().NotBeNull();
        trained.Outcome.Validation.Should().NotBeNull();
    }
}
