using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Modules;

public sealed class TextModuleRunTests : IDisposable
{
    static readonly ModuleTrainingOptions options = new()
    {
        Training = new TrainingOptions { Steps = null, Epochs = 3, BatchSize = 4, Checks = 6, Patience = 6 },
        Lora = new LoraOptions { Rank = 2, Dropout = 0.2 },
        LearningRate = 0.02,
    };

    readonly TinyTextExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    TextModuleRun Run() => new(tiny.BaseModel, options, 0.25);

    static QuestionDataset Texts(params string[] labels) => new("texts",
        [.. Enumerable.Range(0, 16).Select(i => new MultipleChoiceQuestion($"{i}", $"how many days {i}", [.. labels.Select((label, n) => new AnswerOption(((char)('A' + n)).ToString(), label))], i % labels.Length))]);

    static byte[] Factors(TrainedModule trained) => [.. trained.Module.Layers.Values.SelectMany(delta => Snapshot.Of(delta.A).Concat(Snapshot.Of(delta.B)))];

    [Fact]
    public void TextsWithLabelsMakeAModuleThatSaysSo()
    {
        using (var trained = Run().Run("kinds", Texts("first", "second"), OwnTextTemplates.Classification))
        {
            trained.Report.Task.Should().Be("text classification");
            trained.Report.Classes.Should().Equal(new ClassSamples("first", 6, 2), new ClassSamples("second", 6, 2));
            trained.Report.Preprocessing.Should().BeNull();
            trained.Module.Head.Should().BeNull();
            trained.Save(tiny.Folder["module"]);
        }

        using var loaded = LoraAdapter.Load(tiny.Folder["module"]);
        loaded.IsZero.Should().BeFalse();
        File.ReadAllText(Path.Combine(tiny.Folder["module"], TrainedModule.CardFile)).Should().Contain("A LoRA module for text classification with 2 classes, rank 2").And.NotContain("augmentation");
    }

    [Fact]
    public void ATrainingThatGoesOnGivesWhatOneWithoutAStopGives()
    {
        var questions = ProceduralQuestions.Create(ProceduralTasks.Downstream, QuestionPart.Train, 16);
        var state = new TrainingStateFile(tiny.Folder["state"], Run().KeyOf(questions, OwnTextTemplates.MultipleChoice));
        using var whole = Run().Run("q", questions, OwnTextTemplates.MultipleChoice);
        using var cancellation = new CancellationTokenSource();
        int steps = 0;
        using var progress = new ScriptedProgress(work =>
        {
            if (work == "module q: LoRA" && ++steps == 5) cancellation.Cancel();
        });
        FluentActions.Invoking(() => Run().Run("q", questions, OwnTextTemplates.MultipleChoice, state, progress, cancellation.Token)).Should().Throw<OperationCanceledException>();
        state.Exists.Should().BeTrue();

        using var resumed = Run().Run("q", questions, OwnTextTemplates.MultipleChoice, state);

        Factors(resumed).Should().Equal(Factors(whole));
        whole.Report.Task.Should().Be("multiple-choice questions");
    }

    [Fact]
    public void LabelsThatTheTokenizerCannotTellApartAreRefused()
    {
        FluentActions.Invoking(() => Run().Run("x", Texts("\u0416", "\u042F"), OwnTextTemplates.Classification)).Should().Throw<DataException>().WithMessage("*same tokens*cannot be told apart*");
        using var trained = Run().Run("x", Texts("first", "\u0416"), OwnTextTemplates.Classification);
        trained.Report.Warnings.Should().ContainSingle(warning => warning.StartsWith("1 of 2 answers hold what the base's tokenizer does not know", StringComparison.Ordinal));
    }
}
