using Documentation.Tests.Support;
using LoraComposition;
using LoraComposition.Experiments;
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
        new CompositionTuning(
            Composition.AttachLearned(model, modules, found, trainHead: model is IClassifierModel { Classifier: not null }), options.ComposerLearningRate);

    // What the model computes while the head is warmed up.
    sealed record FoundWeights(CompositionWeights Weights) : StartingPoint
    {
        public override IDisposable Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) => Composition.AttachWeighted(model, modules, Weights);
    }
}
#endregion

#region method-parameters
/// <summary>Trains the biases of the base model, and nothing else but the head.</summary>
public sealed class BiasTuning : ITuningMethod
{
    public string Name => "bias";

    public StartingPoint Start => StartingPoint.BaseModel;

    public bool NeedsModules => false;

    public bool KeepsBase => false;   // so the result is a checkpoint, not an adapter

    public TuningOptions ScaleRate(TuningOptions options, double factor) => options with { FullLearningRate = factor * options.FullLearningRate };

    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        var head = (model as IClassifierModel)?.Classifier?.bias;   // trains at a rate of its own
        foreach (var (name, parameter) in model.named_parameters()) parameter.requires_grad = name.EndsWith(".bias", StringComparison.Ordinal);
        var biases = model.named_parameters().Select(p => p.parameter).Where(p => p.requires_grad && !ReferenceEquals(p, head));
        return new ParameterTuning(new TrainableGroup([.. biases], options.FullLearningRate));
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

    [Fact]
    public void Images_with_a_trainer()
    {
        using var workplace = new Workplace();
        #region train-images
        using var modules = LoraAdapter.LoadAll("modules");
        var images = ImageFolderDataset.Open("my-images");               // a folder for each class
        var samples = FewShotSamples.OfImages(images, shots: 5);         // five of each class; what is left stops the training
        using var trainer = new ImageTrainer(ImageBaseModel.Open("vit"), images, modules);
        using var trained = trainer.Train(new LearnedComposition(), samples);
        foreach (var check in trained.Outcome.History)
            Console.WriteLine($"step {check.Step}: loss {check.TrainingLoss:F3}, held out {check.Validation?.Accuracy:P1}");
        using (var adapter = trained.ToAdapter("my-task")!) adapter.Save("my-task");   // with the trained head and the names of the classes
        var found = trained.ToWeights()!;                                // the weight of every module at every layer
        using var plain = trained.Merge();                               // or: the plain model with it all in its weights
        plain.Save("my-vit", new CheckpointSaveOptions { Base = "vit" });
        #endregion
        using (var saved = LoraAdapter.Load("my-task")) saved.Head!.ClassNames.Should().Equal("cat", "dog");
        trained.Outcome.History.Should().NotBeEmpty();
        #region method-use
        using var continued = trainer.Train(new ContinuedComposition(found), samples);
        #endregion
        continued.TrainableParameters.Should().BePositive();
        continued.ToWeights().Should().NotBeNull();
        using var biases = trainer.Train(new BiasTuning(), samples, new TuningOptions { FullLearningRate = 1e-3, Training = new TrainingOptions { Steps = 5 } });
        long all = biases.Model.named_parameters().Where(p => p.name.EndsWith(".bias", StringComparison.Ordinal)).Sum(p => p.parameter.numel());
        biases.TrainableParameters.Should().Be(all - 2, "two of them are the head's");
        biases.ToAdapter("none").Should().BeNull("the base model's own numbers were trained");
    }

    [Fact]
    public void The_label_of_a_text()
    {
        using var workplace = new Workplace();
        var options = new TextAdaptationOptions { Shots = 2, ValidationPerLabel = 2, Methods = [new ZeroShot()] };
        using (var result = new TextAdaptation(TextBaseModel.Open("flan-t5"), [], options).Run(OwnTextSplits.Open("my-texts.jsonl").Parts, OwnTextTemplates.Classification)) result.Save("my-model");
        #region text-prediction
        using var model = TextClassifier.Open("my-model");
        var labels = new TextPredictor(model).Predict("which word is the apple");
        Console.WriteLine($"{labels[0].ClassName} ({labels[0].Probability:P1})");
        #endregion
        labels.Select(label => label.ClassName).Should().BeEquivalentTo(["fruits", "tools"]);
    }

    [Fact]
    public void A_method_of_ones_own_in_an_experiment()
    {
        using var workplace = new Workplace();
        #region method-experiment
        var baseModel = ImageBaseModel.Open("vit");
        NamedImages birds = NamedImages.Open("birds", "pictures/birds", validationPerClass: 2), shells = NamedImages.Open("shells", "pictures/shells", validationPerClass: 2);
        using var tasks = new ImageTasks(baseModel.Preprocessing, validationPerClass: 2);
        var training = new ImageModuleTraining(baseModel, tasks.Create("birds", birds.Splits.Train), new ModuleTrainingOptions());
        using var module = new UpstreamModules("results/modules").GetOrTrain(training);
        using var runner = new ImageFewShotRunner(baseModel, tasks.Create("shells", shells.Splits.Train, shells.Splits.Test), [module],
            new Dictionary<string, string> { ["birds"] = UpstreamModules.KeyOf(training) });
        ITuningMethod[] methods = [new LearnedComposition(), new BiasTuning()];   // the second is your own
        var options = new TuningOptions { Training = new TrainingOptions { Steps = 40 } };
        var work = FewShotWork.List([.. methods.Select(method => (method, options))], shots: [1, 2], seeds: [0, 1]);
        var runs = new FewShotExperiment("own-method", runner, new RunStore("results/runs")).Run(work);
        foreach (var row in Summary.Of(runs, [.. methods.Select(method => method.Name)]).Rows) Console.WriteLine($"{row.Method}, K = {row.Shots}: {row.Mean:P1} ± {row.StandardDeviation:P1}");
        #endregion
        runs.Should().HaveCount(8).And.OnlyContain(run => run.TestCount == 4);
        runs.Select(run => run.Key.Method).Distinct().Should().Equal("learned", "bias");
        Directory.GetFiles("results/runs").Should().HaveCount(8);
    }

    [Fact]
    public void A_folder_stays_what_it_is()
    {
        #region hub-resolve
        var options = new HubOptions { Offline = true };   // the defaults are read from the environment
        string folder = HubModels.Resolve("vit", options);   // a folder stays what it is; "google/vit-base-patch16-224" becomes its folder in the cache
        #endregion
        folder.Should().Be("vit");
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
