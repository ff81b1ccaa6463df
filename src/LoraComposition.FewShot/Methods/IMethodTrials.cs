namespace LoraComposition.FewShot;

/// <summary>What a method may try on the samples of one training before it settles on what is trained (<see cref="ITuningMethod.Search"/>).</summary>
/// <remarks>Lives as long as the search. Not thread-safe.</remarks>
public interface IMethodTrials
{
    /// <summary>The upstream modules. Not owned.</summary>
    IReadOnlyList<LoraAdapter> Modules { get; }

    /// <summary>The settings of the training.</summary>
    TuningOptions Options { get; }

    /// <summary>The seed of the training.</summary>
    int Seed { get; }

    /// <summary>Is told how far a search is. Not owned.</summary>
    IProgressReporter Progress { get; }

    /// <summary>Stops between two trials; those of this object look at it themselves.</summary>
    CancellationToken Cancellation { get; }

    /// <summary>
    /// Asks for time for another trial: ask before each, as <see cref="TuningOptions.Budget"/> is kept by the longest of those before. For the first there always is.
    /// </summary>
    /// <returns>Whether another trial may begin.</returns>
    bool Begin();

    /// <summary>Trains a candidate as it would be trained in the end, and scores it: on the validation part, or on parts of the support set that take turns where there is none.</summary>
    /// <param name="candidate">The candidate.</param>
    /// <returns>The score; null where nothing can be held out, because a class has only one sample.</returns>
    /// <exception cref="AdapterMismatchException">A module does not fit the model.</exception>
    /// <exception cref="TrainingDivergedException">The loss is not a number any more.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    ValidationScore? HeldOut(ITuningMethod candidate);

    /// <summary>
    /// The mean loss on the samples to learn from of what the model computes at a starting point. Where the task has a head, that is fitted over it, with the fixed
    /// penalty <see cref="HeadOptions.FixedPenalty"/>. Nothing of it is kept, so that any number of points can be tried.
    /// </summary>
    /// <param name="start">The point.</param>
    /// <returns>The loss; not finite where the model's numbers are not.</returns>
    /// <exception cref="AdapterMismatchException">A module does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    double Loss(StartingPoint start);

    /// <summary>
    /// How well the features of the samples to learn from, as the model computes them at a starting point, stand by class: the linear CKA of features and classes,
    /// <see cref="LinearCka.Compute"/>. Nothing of it is kept.
    /// </summary>
    /// <param name="start">The point.</param>
    /// <returns>A number from 0 to 1; NaN where the model's numbers are not finite.</returns>
    /// <exception cref="NotSupportedException">The samples have no classes.</exception>
    /// <exception cref="AdapterMismatchException">A module does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    double Alignment(StartingPoint start);

    /// <summary>
    /// The gradient of the mean loss on the samples to learn from with respect to one weight for each module, the same at every layer, where all are 1/N. Where the
    /// task has a head, that is fitted over the mean first.
    /// </summary>
    /// <returns>A number for each module, in their order.</returns>
    /// <exception cref="AdapterMismatchException">A module does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    IReadOnlyList<double> GradientOfWeights();

    /// <summary>Trains a candidate on all samples and keeps its update alone.</summary>
    /// <param name="candidate">The candidate.</param>
    /// <param name="name">What to call the update.</param>
    /// <returns>The update as an adapter, which the caller owns; null where the candidate makes none.</returns>
    /// <exception cref="AdapterMismatchException">A module does not fit the model.</exception>
    /// <exception cref="TrainingDivergedException">The loss is not a number any more.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    LoraAdapter? Train(ITuningMethod candidate, string name);
}

/// <summary>What a search settled on.</summary>
/// <param name="Method">The method to train, of the same name as the one that searched.</param>
public sealed record SearchOutcome(ITuningMethod Method)
{
    /// <summary>What a reader should know of the search, in a sentence; null where nothing.</summary>
    public string? Remark { get; init; }

    /// <summary>What the method uses as long as its trained model lives; owned by that, which disposes it. Null where there is nothing.</summary>
    public IDisposable? Kept { get; init; }
}
