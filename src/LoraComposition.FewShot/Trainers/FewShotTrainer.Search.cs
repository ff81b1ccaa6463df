namespace LoraComposition.FewShot;

// Methods that try before they settle on what is trained.
public abstract partial class FewShotTrainer<TModel>
{
    SearchOutcome Search(ITuningMethod method, FewShotSamples samples, TuningOptions options, IProgressReporter progress, CancellationToken cancellation)
    {
        using var trials = new Trials(this, samples, options, progress, cancellation);
        return method.Search(trials);
    }

    sealed class Trials(FewShotTrainer<TModel> trainer, FewShotSamples samples, TuningOptions options, IProgressReporter progress, CancellationToken cancellation)
        : IMethodTrials, IDisposable
    {
        readonly SearchBudget budget = new(options.Budget);
        readonly Lazy<SupportFolds?> folds = new(() => trainer.Folds(samples.Support, options));
        IStartLoss? losses;

        public IReadOnlyList<LoraAdapter> Modules => trainer.Modules;

        public TuningOptions Options => options;

        public int Seed => samples.Support.Seed;

        public IProgressReporter Progress => progress;

        public CancellationToken Cancellation => cancellation;

        public bool Begin() => budget.Begin();

        public ValidationScore? HeldOut(ITuningMethod candidate)
        {
            if (samples.Validation.Count == 0)
                return folds.Value is { } parts ? trainer.CrossValidate(candidate, parts, options, progress, cancellation).Score : null;
            using var trained = trainer.TrainOne(candidate, samples, options, progress, cancellation);
            return trainer.HeldOutScore(trained, samples, cancellation);
        }

        public double Loss(StartingPoint start)
        {
            using var searching = trainer.Times.Enter(RunPhase.Training);
            return Losses().Of(start);
        }

        public double Alignment(StartingPoint start)
        {
            using var searching = trainer.Times.Enter(RunPhase.Training);
            return Losses().Alignment(start);
        }

        public IReadOnlyList<double> GradientOfWeights()
        {
            using var searching = trainer.Times.Enter(RunPhase.Training);
            return trainer.GradientOfWeights(samples, options, progress, cancellation);
        }

        public LoraAdapter? Train(ITuningMethod candidate, string name)
        {
            using var trained = trainer.TrainOne(candidate, samples, options, progress, cancellation);
            return trained.ToAdapter(name);
        }

        public void Dispose() => losses?.Dispose();

        IStartLoss Losses()
        {
            cancellation.ThrowIfCancellationRequested();
            if (losses is not null) return losses;
            using var loading = trainer.Times.Enter(RunPhase.Load);
            return losses = trainer.OpenStartLoss(samples, options, cancellation);
        }
    }
}
