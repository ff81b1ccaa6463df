using LoraComposition.Experiments;

namespace LoraComposition.FewShot.Tests.Support;

/// <summary>A base, two modules and a folder of pictures of three classes, of a size that trains in milliseconds. Owns all of them.</summary>
internal sealed class TinyAdaptation : IDisposable
{
    public static readonly (string, int)[] Classes = [("apple, red", 6), ("\"pear\"", 6), ("plum", 6)];

    /// <summary>What is said of the base.</summary>
    public const string Warning = "the base is tiny (0.008 M parameters, 16 px): expect little of it on photos";

    readonly TemporaryFolder folder = new();

    public TinyAdaptation()
    {
        BaseModel = ImageBaseModel.Open(TinyModel.Save(At("base")));
        using var model = TinyModel.Create(1);
        foreach (int seed in (int[])[1, 2])
        {
            using var adapter = TinyAdapters.Create(model, "any", seed);
            adapter.Save(At($"module-{seed}"));
        }
        Modules = [LoraAdapter.Load(At("module-1")), LoraAdapter.Load(At("module-2"))];
        TinyImageFolder.Write(At("pictures", "train"), Classes);
        TinyImageFolder.Write(At("pictures", "test"), Classes, firstInstance: 6);
    }

    public static ImageAdaptationOptions Options { get; } = new()
    {
        Shots = 2,
        ValidationPerClass = 3,
        Methods = [new LearnedComposition(), new UniformComposition(), new LoraFromScratch(), new ClassifierTuning()],
        Tuning = TuningOptions.Paper with
        {
            Training = new TrainingOptions { Steps = 6, BatchSize = 4, Checks = 3, Patience = 3, Criterion = StoppingCriterion.Accuracy },
            WarmUpEpochs = 3,
            LoraLearningRate = 0.05,
            ComposerLearningRate = 0.5,
            Lora = new LoraOptions { Rank = 2 },
            EvaluationBatchSize = 5,
        },
    };

    public ImageBaseModel BaseModel { get; }

    public IReadOnlyList<LoraAdapter> Modules { get; }

    public string At(params string[] parts) => folder.At(parts);

    public ImageAdaptationResult Run(ImageAdaptationOptions? options = null, string pictures = "pictures", IProgressReporter? progress = null, CancellationToken cancellation = default) =>
        new ImageAdaptation(BaseModel, Modules, options ?? Options).Run(ImageFolderSplits.Open(At(pictures)), progress ?? NullProgressReporter.Instance, cancellation);

    public ImageAdaptationResult Run(string method) => Run(Options with { Methods = [TuningMethods.Vision.Find(method)!] });

    public void Dispose()
    {
        foreach (var module in Modules) module.Dispose();
        folder.Dispose();
    }
}
