using LoraComposition.Experiments;
using LoraComposition.Models;
using LoraComposition.Text.Tests.Tokenization;

namespace LoraComposition.FewShot.Tests.Support;

/// <summary>A T5, questions and modules of a size that trains in milliseconds. Owns all of them and its folder.</summary>
internal sealed class TinyTextExperiment : IDisposable
{
    // As wide as the images' tiny model, so that the adapters of both are alike.
    public const int Width = TinyModel.Width;

    public TinyTextExperiment()
    {
        BaseModel = TextBaseModel.Open(SaveModel("foundation"));
        using var model = BaseModel.Load();
        Modules = [TinyAdapters.Create(model, "first", 1), TinyAdapters.Create(model, "second", 2), TinyAdapters.Create(model, "third", 3)];
    }

    public static TuningOptions Options { get; } = TuningOptions.Paper with
    {
        Training = new TrainingOptions { Steps = 6, BatchSize = 4, Checks = 3, Patience = 3, Criterion = StoppingCriterion.Accuracy },
        LoraLearningRate = 0.01,
        FullLearningRate = 0.01,
        Lora = new LoraOptions { Rank = 2 },
        EvaluationBatchSize = 5,
    };

    public static IReadOnlyDictionary<string, string> ModuleKeys { get; } = new Dictionary<string, string> { ["first"] = "1", ["second"] = "2", ["third"] = "3" };

    public TemporaryFolder Folder { get; } = new();

    public TextBaseModel BaseModel { get; }

    public IReadOnlyList<LoraAdapter> Modules { get; }

    public string SaveModel(string name, int? vocabulary = null, long seed = 1)
    {
        string folder = Folder[name];
        using (var model = T5Model.Create(new T5Config
        {
            VocabularySize = vocabulary ?? TokenizerFixture.Tokenizer.VocabularySize,
            HiddenSize = Width,
            EncoderLayerCount = 1,
            DecoderLayerCount = 1,
            HeadCount = 2,
            KeyValueSize = Width / 2,
            IntermediateSize = 32,
        }, seed)) model.Save(folder);
        File.WriteAllBytes(Path.Combine(folder, "spiece.model"), TokenizerFixture.Model);
        File.WriteAllBytes(Path.Combine(folder, "tokenizer_config.json"), TokenizerFixture.Config);
        return folder;
    }

    public TokenizedQuestions Questions(QuestionPart part, int count, TextLengths? lengths = null) =>
        new(ProceduralQuestions.Create(ProceduralTasks.Downstream, part, count), CrossFitTemplates.Arc, BaseModel.Tokenizer, lengths ?? new TextLengths { Answer = 12 });

    public TextTask Task(string name = "task", int questions = 12, int validation = 4, bool tested = true)
    {
        var split = TrainValidationSplit.CreateTotal(questions, validation, 0);
        return new TextTask(name, Questions(QuestionPart.Train, questions), split.Train, split.Validation, tested ? Questions(QuestionPart.Test, 7) : null);
    }

    public TextFewShotRunner Runner(TextTask task) => new(BaseModel, task, Modules, ModuleKeys);

    public void Dispose()
    {
        foreach (var module in Modules) module.Dispose();
        Folder.Dispose();
    }
}
