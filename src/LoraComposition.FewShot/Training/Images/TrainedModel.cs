using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>A model that one method has trained on one support set, with what the method attached to it.</summary>
/// <remarks>Owns the model and the tuning, until the model is released.</remarks>
internal sealed class TrainedModel(ITuningMethod method, VisionTransformer model, ITuning tuning, TrainingOutcome outcome, IReadOnlyDictionary<string, double> timings) : IDisposable
{
    IReadOnlyList<CandidateScore>? candidates;
    IReadOnlyDictionary<string, double> laps = timings;
    bool released;

    public ITuningMethod Method => method;

    public VisionTransformer Model => model;

    public ITuning Tuning => tuning;

    public TrainingOutcome Outcome => outcome;

    /// <summary>The seconds that loading, warm-up and training took.</summary>
    public IReadOnlyDictionary<string, double> Timings => laps;

    /// <summary>What a reader wants to know of it, as a JSON-serialisable value; null where there is nothing.</summary>
    public object? Describe() => candidates is null ? tuning.Describe() : new { chosen = tuning.Describe(), candidates };

    public long TrainableParameters { get; } = tuning.Body?.Parameters.Sum(p => p.numel()) ?? 0;

    public long HeadParameters { get; } = model.Classifier!.parameters().Sum(p => p.numel());

    /// <summary>Records the choice that it came out of, and the seconds that all candidates took.</summary>
    public TrainedModel ChosenFrom(IReadOnlyList<CandidateScore> scores, double seconds)
    {
        (candidates, laps) = (scores, new Dictionary<string, double> { ["training"] = seconds });
        return this;
    }

    /// <summary>Takes out what the method attached and hands the plain model with its trained head to the caller.</summary>
    public VisionTransformer ReleaseModel()
    {
        tuning.Dispose();
        released = true;
        return model;
    }

    public void Dispose()
    {
        if (released) return;
        tuning.Dispose();
        model.Dispose();
    }
}
