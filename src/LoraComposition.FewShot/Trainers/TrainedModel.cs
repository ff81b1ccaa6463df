using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>A model that one method has trained on a few samples, with what the method attached to it.</summary>
/// <typeparam name="TModel">The kind of base model.</typeparam>
/// <remarks>Owns the model and what is attached, until the model is released. Not thread-safe.</remarks>
public sealed class TrainedModel<TModel> : IDisposable where TModel : class, IBaseModel
{
    bool released;
    string? choiceRemark;

    internal TrainedModel(ITuningMethod method, TModel model, ITuning tuning, TuningOptions options, TrainingOutcome outcome, long headParameters,
        PhaseReading times)
    {
        (Method, Model, Tuning, Options, Outcome, HeadParameters, Timings) = (method, model, tuning, options, outcome, headParameters, times.ToSeconds());
        TrainableParameters = tuning.Trained.SelectMany(group => group.Parameters).Sum(p => p.numel());
        Findings = tuning.ToFindings();
    }

    /// <summary>The method: of several candidates the one that was chosen.</summary>
    public ITuningMethod Method { get; }

    /// <summary>The model with what is attached to it; it computes what was trained. Owned by this object.</summary>
    public TModel Model { get; }

    /// <summary>The settings it was trained with.</summary>
    public TuningOptions Options { get; }

    /// <summary>How the training went, step by step.</summary>
    public TrainingOutcome Outcome { get; }

    /// <summary>How the head was fitted before the rest was trained; null where it was trained by steps, or there is none.</summary>
    public FittedHead? Head { get; init; }

    /// <summary>What the method found that a reader wants to know; null where there is nothing.</summary>
    public TuningFindings? Findings { get; }

    /// <summary>What the training left undone, in sentences: that it kept its start, or that learned weights did not move. Empty where nothing.</summary>
    public IReadOnlyList<string> Remarks =>
        [.. TrainingRemarks.Of(Outcome, Findings, TrainableParameters), .. TrainingRemarks.Of(Head),
            .. new[] { Settled?.Remark, choiceRemark }.OfType<string>()];

    /// <summary>How each of the candidates did among which this one was chosen; empty where there was no choice.</summary>
    public IReadOnlyList<CandidateScore> Candidates { get; private set; } = [];

    /// <summary>The number of trained numbers besides the head's.</summary>
    public long TrainableParameters { get; }

    /// <summary>The number of trained numbers of the head; 0 where there is none.</summary>
    public long HeadParameters { get; }

    /// <summary>The seconds that each phase took, as <see cref="PhaseReading.ToSeconds"/> names them; of a choice those of all candidates.</summary>
    public IReadOnlyDictionary<string, double> Timings { get; private set; }

    internal ITuning Tuning { get; }

    /// <summary>What came out of the method's own search; null where nothing is kept of it. Owned by this object.</summary>
    internal SettledMethod? Settled { get; init; }

    /// <summary>What was trained as one adapter that does exactly the same; null where the base model's own layers stayed or were changed themselves.</summary>
    /// <param name="name">What to call it.</param>
    /// <returns>A copy. The caller owns it.</returns>
    /// <exception cref="ObjectDisposedException">The model was released or disposed.</exception>
    public LoraAdapter? ToAdapter(string name)
    {
        ObjectDisposedException.ThrowIf(released, this);
        return Tuning.ToAdapter(name);
    }

    /// <summary>The weight of every module at every layer; null where none are composed.</summary>
    /// <returns>A copy.</returns>
    /// <exception cref="ArgumentException">Two modules have one name.</exception>
    /// <exception cref="ObjectDisposedException">The model was released or disposed.</exception>
    public CompositionWeights? ToWeights()
    {
        ObjectDisposedException.ThrowIf(released, this);
        return Tuning.ToWeights();
    }

    /// <summary>
    /// Merges what was trained into the model's own weights and hands the plain model, with its trained head, to the caller. This object is of no use
    /// afterwards.
    /// </summary>
    /// <returns>The model. The caller owns it.</returns>
    /// <exception cref="ObjectDisposedException">The model was released or disposed.</exception>
    public TModel Merge()
    {
        using var adapter = ToAdapter(Method.Name);
        return Release(adapter);
    }

    /// <summary>Takes out what is attached and merges an adapter instead; the plain model goes to the caller.</summary>
    /// <param name="adapter">What was trained; null where the model's layers stayed.</param>
    /// <param name="wide">A copy of the base in float32, into which small updates can be merged, in place of a model in 16 bits; null for the model itself.</param>
    internal TModel Release(LoraAdapter? adapter, TModel? wide = null)
    {
        Tuning.Dispose();
        Settled?.Dispose();
        released = true;
        if (wide is not null) Model.Dispose();
        var model = wide ?? Model;
        if (adapter is null) return model;
        using var attached = LoraTuning.Continue(model, adapter);
        attached.MergeIntoBase();
        return model;
    }

    /// <summary>Records the choice that it came out of, and what all candidates took; null where there was none.</summary>
    internal TrainedModel<TModel> ChosenFrom(IReadOnlyList<CandidateScore> scores, PhaseReading? times, string? remark)
    {
        choiceRemark = remark;
        if (times is not null) (Candidates, Timings) = (scores, times.ToSeconds());
        return this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (released) return;
        released = true;
        Tuning.Dispose();
        Model.Dispose();
        Settled?.Dispose();
    }
}

/// <summary>What a trained model keeps of its method's search. Disposing it lets go of that.</summary>
/// <param name="found">What the search settled on.</param>
/// <param name="forget">Lets go of what a trainer keeps of the method's start; null where others may use it.</param>
sealed class SettledMethod(SearchOutcome found, Action<StartingPoint>? forget) : IDisposable
{
    public string? Remark => found.Remark;

    public void Dispose()
    {
        forget?.Invoke(found.Method.Start);
        found.Kept?.Dispose();
    }
}

/// <summary>How one of several candidates did.</summary>
/// <param name="Method">The candidate.</param>
/// <param name="Trained">What it found; null where it was trained on parts of the support set only.</param>
/// <param name="Validation">Its score on what was held out.</param>
public sealed record CandidateScore(string Method, TuningFindings? Trained, ValidationScore Validation);
