using LoraComposition.Experiments;

namespace LoraComposition.FewShot.Tests.Support;

/// <summary>A base model, tasks and modules of a size that trains in milliseconds. Owns all of them and its folder.</summary>
internal sealed class TinyExperiment : IDisposable
{
    readonly List<IDisposable> owned = [];

    public TinyExperiment()
    {
        Folder = Own(new TemporaryFolder());
        BaseModel = ImageBaseModel.Open(TinyModel.Save(System.IO.Path.Combine(Folder.Path, "foundation")));
        using var model = TinyModel.Create(1);
        Modules = [Own(TinyAdapters.Create(model, "first", 1)), Own(TinyAdapters.Create(model, "second", 2)), Own(TinyAdapters.Create(model, "third", 3))];
    }

    public static TuningOptions Options { get; } = TuningOptions.Paper with
    {
        Training = new TrainingOptions { Steps = 6, BatchSize = 4, Checks = 3, Patience = 3, Criterion = StoppingCriterion.Accuracy },
        WarmUpEpochs = 3,
        LoraLearningRate = 0.01,
        FullLearningRate = 0.001,
        Lora = new LoraOptions { Rank = 2 },
        EvaluationBatchSize = 5,
    };

    public static IReadOnlyDictionary<string, string> ModuleKeys { get; } = new Dictionary<string, string> { ["first"] = "1", ["second"] = "2", ["third"] = "3" };

    public TemporaryFolder Folder { get; }

    public ImageBaseModel BaseModel { get; }

    public IReadOnlyList<LoraAdapter> Modules { get; }

    public string RunFolder => System.IO.Path.Combine(Folder.Path, "runs");

    public ImageTask Task(string name, int[] classIds, int perClass = 6, int validationPerClass = 2, bool tested = true)
    {
        var train = Images(new FractalDataset(classIds, perClass, TinyModel.ImageSize));
        var split = TrainValidationSplit.CreatePerClass(train.Dataset.Labels(), classIds.Length, validationPerClass, 0);
        return new ImageTask(name, train, split.Train, split.Validation, tested ? Images(new FractalDataset(classIds, 4, TinyModel.ImageSize, firstInstance: perClass)) : null);
    }

    public PreprocessedImages Images(ImageDataset dataset) => Own(new PreprocessedImages(dataset, BaseModel.Preprocessing));

    public FewShotExperiment Experiment(ImageTask task, string? folder = null) => new("tiny", Own(new ImageFewShotRunner(BaseModel, task, Modules, ModuleKeys, 5)), new RunStore(folder ?? RunFolder));

    public static IReadOnlyList<FewShotWork> Work(IReadOnlyList<ITuningMethod> methods, IReadOnlyList<int?> shots, IReadOnlyList<int> seeds, TuningOptions? options = null) =>
        FewShotWork.List([.. methods.Select(m => (m, options ?? Options))], shots, seeds);

    public void Dispose()
    {
        for (int i = owned.Count - 1; i >= 0; i--) owned[i].Dispose();
    }

    T Own<T>(T disposable) where T : IDisposable
    {
        owned.Add(disposable);
        return disposable;
    }
}
