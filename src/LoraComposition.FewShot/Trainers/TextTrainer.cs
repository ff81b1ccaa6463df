using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>Trains tuning methods and LoRA modules on questions whose answers a T5 writes.</summary>
/// <remarks>Not thread-safe.</remarks>
/// <example>
/// <code>
/// var baseModel = TextBaseModel.Open("flan-t5");
/// using var modules = new AdapterCollection(LoraAdapter.Load("adapters/sciq"), LoraAdapter.Load("adapters/quail"));
/// var questions = new TokenizedQuestions(new QuestionDataset("my-questions", read), CrossFitTemplates.Arc, baseModel.Tokenizer, new TextLengths());
/// using var trainer = new TextTrainer(baseModel, questions, modules);
/// using var trained = trainer.Train(new LearnedComposition(), FewShotSamples.OfQuestions(questions.Dataset, shots: 5, validation: 5));
/// Console.WriteLine(trained.Outcome.Validation?.Accuracy);
/// using var adapter = trained.ToAdapter("my-task");
/// </code>
/// </example>
public sealed class TextTrainer : FewShotTrainer<T5Model>
{
    readonly TextBaseModel baseModel;
    readonly TokenizedQuestions questions;
    readonly AnswerScoring scoring;

    /// <summary>Trains on a set of questions.</summary>
    /// <param name="baseModel">The base model.</param>
    /// <param name="questions">The questions with their answers, cut into tokens by the base model's tokenizer.</param>
    /// <param name="modules">The modules that methods may compose; none where not given. Not owned.</param>
    /// <param name="scoring">By what trainings are stopped and methods chosen. Default what the model writes.</param>
    /// <param name="times">Is told what the time goes into. Not owned.</param>
    /// <param name="logger">Is told what is done.</param>
    public TextTrainer(TextBaseModel baseModel, TokenizedQuestions questions, IReadOnlyList<LoraAdapter>? modules = null,
        AnswerScoring scoring = AnswerScoring.Written, PhaseTimes? times = null, ILogger? logger = null)
        : base(modules, times, logger)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(questions);
        (this.baseModel, this.questions, this.scoring) = (baseModel, questions, scoring);
    }

    /// <summary>What a trained model writes for some questions, scored, and the mean cross-entropy of the right answers' tokens.</summary>
    /// <param name="trained">A model that a trainer of texts trained.</param>
    /// <param name="scored">The questions.</param>
    /// <param name="indices">Their positions.</param>
    /// <param name="progress">Is told each answered question.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>The scores with every answer, and the loss.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static (AnswerScores Scores, double Loss) Score(TrainedModel<T5Model> trained, TokenizedQuestions scored, IReadOnlyList<int> indices,
        IProgressTask? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(trained);
        using var fixedWeights = trained.Tuning.FixForEvaluation();
        return TextEvaluator.Score(trained.Model, scored, indices, trained.Options.EvaluationBatchSize, progress, cancellation);
    }

    private protected override T5Model LoadModel(int seed) => baseModel.Load();

    // Where all questions offer the same choices, these are classes.
    private protected override (int[] Labels, int Classes) ClassesOf(IReadOnlyList<int> samples) => questions.Dataset.SharedChoices is { } classes
        ? ([.. samples.Select(i => questions.Dataset.Questions[i].AnswerIndex!.Value)], classes.Count) : (new int[samples.Count], 1);

    private protected override IReadOnlyList<Parameter> HeadOf(T5Model model) => [];

    private protected override IBatchLoss OpenBatches(T5Model model, IReadOnlyList<int> samples, ImageAugmentation augmentation, int seed) => new Batches(model, questions);

    private protected override ValidationScore Validate(T5Model model, IReadOnlyList<int> samples, int batchSize, CancellationToken cancellation) =>
        ValidateEach(model, samples, batchSize, cancellation).Score;

    private protected override (ValidationScore Score, IReadOnlyList<bool> Correct) ValidateEach(T5Model model, IReadOnlyList<int> samples, int batchSize,
        CancellationToken cancellation) => scoring == AnswerScoring.Choices ? ChoiceScoring.Validate(model, questions, samples, batchSize, progress: null, cancellation)
            : TextEvaluator.Validate(model, questions, samples, batchSize, cancellation);

    private protected override TrainedHead TrainHead(T5Model model, StartingPoint start, string name, FewShotSamples samples, TuningOptions options,
        bool headAlone, IProgressReporter progress, CancellationToken cancellation) => new(TrainingOutcome.Untrained);

    // Nothing has been fitted yet, so the questions to learn from tell as much as held-out ones. One model serves all starts: detaching is exact.
    private protected override IReadOnlyList<ValidationScore>? ScoreStarts(IReadOnlyList<ITuningMethod> starts, FewShotSamples samples, TuningOptions options,
        IProgressReporter progress, CancellationToken cancellation)
    {
        using var model = LoadModel(samples.Support.Seed);
        var scored = samples.Validation.Count > 0 ? samples.Validation : samples.Support.Indices;
        return [.. starts.Select(start => ScoreStart(model, start.Start, scored, options, cancellation))];
    }

    private protected override IStartLoss OpenStartLoss(FewShotSamples samples, TuningOptions options, CancellationToken cancellation) =>
        new AnswerLoss(this, LoadModel(samples.Support.Seed), samples.Support.Indices, options, cancellation);

    ValidationScore ScoreStart(T5Model model, StartingPoint start, IReadOnlyList<int> scored, TuningOptions options, CancellationToken cancellation)
    {
        using var attached = start.Attach(model, Modules);
        return Validate(model, scored, options.EvaluationBatchSize, cancellation);
    }

    private protected override void WarmUpModule(T5Model model, string name, IReadOnlyList<int> samples, IReadOnlyList<int> validation,
        ModuleTrainingOptions options, IProgressReporter progress, CancellationToken cancellation)
    {
    }

    sealed class AnswerLoss(TextTrainer trainer, T5Model model, IReadOnlyList<int> samples, TuningOptions options, CancellationToken cancellation) : IStartLoss
    {
        public double Of(StartingPoint start) => trainer.ScoreStart(model, start, samples, options, cancellation).Loss;

        public double Alignment(StartingPoint start) => throw new NotSupportedException("Questions have no classes that features could stand by; choose modules by the gradient or by held-out loss.");

        public void Dispose() => model.Dispose();
    }

    sealed class Batches(T5Model model, TokenizedQuestions questions) : IBatchLoss
    {
        public Tensor Loss(int[] batch) => TextEvaluator.Loss(model, questions, batch);

        public void Dispose()
        {
        }
    }
}
