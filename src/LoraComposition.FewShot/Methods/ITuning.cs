using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>A model made ready for one method. <see cref="CompositionTuning"/> and <see cref="ParameterTuning"/> serve most methods.</summary>
public interface ITuning : IDisposable
{
    /// <summary>What trains besides the head, in groups of one learning rate; none where nothing does.</summary>
    IReadOnlyList<TrainableGroup> Trained { get; }

    /// <summary>What is added to the summed loss of the samples, with its graph; null where nothing is.</summary>
    /// <returns>A scalar. The caller's dispose scope owns it.</returns>
    Tensor? Penalty() => null;

    /// <summary>Makes evaluation as cheap as the plain model until the result is disposed.</summary>
    /// <returns>What ends it, or null where it costs no more anyway. The caller owns it.</returns>
    IDisposable? FixForEvaluation() => null;

    /// <summary>The present update as one adapter that does exactly the same; null where there is none.</summary>
    /// <param name="name">What to call it.</param>
    /// <returns>A copy. The caller owns it.</returns>
    LoraAdapter? ToAdapter(string name) => null;

    /// <summary>The present weight of every module at every layer; null where none are composed.</summary>
    /// <returns>A copy.</returns>
    /// <exception cref="ArgumentException">Two modules have one name.</exception>
    CompositionWeights? ToWeights() => null;

    /// <summary>What a reader wants to know of the trained state; null where there is nothing.</summary>
    /// <returns>A copy.</returns>
    TuningFindings? ToFindings() => null;
}

/// <summary>What a method found in training that a reader wants to know.</summary>
public sealed record TuningFindings
{
    /// <summary>The one module that was taken of several; null where none was singled out.</summary>
    public string? Module { get; init; }

    /// <summary>The learned weight of every module at every layer; null where none was learned.</summary>
    public CompositionWeights? Weights { get; init; }

    /// <summary>The module that the weights started from, as it did best on what was held out; null where they started from the mean of all.</summary>
    public string? Start { get; init; }

    /// <summary>What else is worth a word, by camelCase names. Default nothing.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; init; } = new Dictionary<string, string>();
}

/// <summary>Modules composed on a model; their weights train where they can be learned.</summary>
/// <remarks>Owns the composition. Not thread-safe.</remarks>
public sealed class CompositionTuning : ITuning
{
    readonly Composition composition;
    readonly Func<Composition, TuningFindings?>? findings;
    readonly Scalar half;   // of the penalty
    readonly (Parameter Vector, Tensor Start)[] drawn = [];

    /// <summary>Takes over a composition.</summary>
    /// <param name="composition">The composition. Owned by the new object.</param>
    /// <param name="learningRate">The learning rate of its weights; passed over where there is nothing to learn.</param>
    /// <param name="residual">The learning rate and the decay of the LoRA on top of it; passed over where there is none.</param>
    /// <param name="penalty">How strongly the vectors behind the weights are drawn to where they are now: half of it times their squared distance is added to the
    /// summed loss. Default 0.</param>
    /// <param name="findings">What to report of the trained state; nothing where not given.</param>
    /// <exception cref="ArgumentOutOfRangeException">The penalty is negative.</exception>
    public CompositionTuning(Composition composition, double? learningRate = null, (double LearningRate, double WeightDecay)? residual = null, double penalty = 0,
        Func<Composition, TuningFindings?>? findings = null)
    {
        ArgumentNullException.ThrowIfNull(composition);
        ArgumentOutOfRangeException.ThrowIfNegative(penalty);
        (this.composition, this.findings, half) = (composition, findings, penalty / 2);
        var ofResidual = composition.ResidualParameters();
        Parameter[] ofWeights = [.. composition.TrainableParameters().Except<Parameter>(ofResidual, ReferenceEqualityComparer.Instance)];
        var groups = new List<TrainableGroup>();
        if (learningRate is { } rate && ofWeights.Length > 0) groups.Add(new TrainableGroup(ofWeights, rate));
        if (residual is { } lora && ofResidual.Count > 0) groups.Add(new TrainableGroup(ofResidual, lora.LearningRate, lora.WeightDecay));
        Trained = groups;
        using var noGrad = no_grad();
        if (penalty > 0) drawn = [.. ofWeights.Select(vector => (vector, vector.clone().DetachFromDisposeScope()))];
    }

    /// <inheritdoc/>
    public IReadOnlyList<TrainableGroup> Trained { get; }

    /// <inheritdoc/>
    public Tensor? Penalty() => drawn.Length == 0 ? null
        : stack([.. drawn.Select(pair => (pair.Vector - pair.Start).square().sum())]).sum().mul(half);

    /// <inheritdoc/>
    public IDisposable? FixForEvaluation() => Trained.Count == 0 ? null : composition.FixWeights();

    /// <inheritdoc/>
    public LoraAdapter ToAdapter(string name) => composition.ToAdapter(name);

    /// <inheritdoc/>
    public CompositionWeights ToWeights() => composition.ToWeights();

    /// <inheritdoc/>
    public TuningFindings? ToFindings() => findings?.Invoke(composition);

    /// <summary>Takes the composition out of the model.</summary>
    public void Dispose()
    {
        foreach (var (_, start) in drawn) start.Dispose();
        half.Dispose();
        composition.Dispose();
    }
}

/// <summary>A tuning without composition: of nothing, of the model's own weights, or of a LoRA.</summary>
/// <remarks>Owns the LoRA. Not thread-safe.</remarks>
public sealed class ParameterTuning : ITuning
{
    readonly LoraTuning? lora;

    /// <summary>Describes the tuning.</summary>
    /// <param name="trained">What trains besides the head; null where nothing does.</param>
    /// <param name="lora">The LoRA whose parameters these are, where it is one. Owned by the new object.</param>
    public ParameterTuning(TrainableGroup? trained, LoraTuning? lora = null) => (Trained, this.lora) = (trained is null ? [] : [trained], lora);

    /// <inheritdoc/>
    public IReadOnlyList<TrainableGroup> Trained { get; }

    /// <inheritdoc/>
    public LoraAdapter? ToAdapter(string name) => lora?.ToAdapter(name);

    /// <summary>Takes the LoRA out of the model.</summary>
    public void Dispose() => lora?.Dispose();
}
