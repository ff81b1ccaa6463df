namespace LoraComposition.FewShot;

/// <summary>A model made ready for one method. <see cref="CompositionTuning"/> and <see cref="ParameterTuning"/> serve most methods.</summary>
public interface ITuning : IDisposable
{
    /// <summary>What trains besides the head; null where nothing does.</summary>
    TrainableGroup? Trained { get; }

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

    /// <summary>What else is worth a word, by camelCase names. Default nothing.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; init; } = new Dictionary<string, string>();
}

/// <summary>Modules composed on a model; their weights train where they can be learned.</summary>
/// <remarks>Owns the composition. Not thread-safe.</remarks>
public sealed class CompositionTuning : ITuning
{
    readonly Composition composition;
    readonly Func<Composition, TuningFindings?>? findings;

    /// <summary>Takes over a composition.</summary>
    /// <param name="composition">The composition. Owned by the new object.</param>
    /// <param name="learningRate">The learning rate of its weights; passed over where there is nothing to learn.</param>
    /// <param name="findings">What to report of the trained state; nothing where not given.</param>
    public CompositionTuning(Composition composition, double? learningRate = null, Func<Composition, TuningFindings?>? findings = null)
    {
        ArgumentNullException.ThrowIfNull(composition);
        (this.composition, this.findings) = (composition, findings);
        if (learningRate is { } rate && composition.TrainableParameters() is { Count: > 0 } parameters) Trained = new TrainableGroup(parameters, rate);
    }

    /// <inheritdoc/>
    public TrainableGroup? Trained { get; }

    /// <inheritdoc/>
    public IDisposable? FixForEvaluation() => Trained is null ? null : composition.FixWeights();

    /// <inheritdoc/>
    public LoraAdapter ToAdapter(string name) => composition.ToAdapter(name);

    /// <inheritdoc/>
    public CompositionWeights ToWeights() => composition.ToWeights();

    /// <inheritdoc/>
    public TuningFindings? ToFindings() => findings?.Invoke(composition);

    /// <summary>Takes the composition out of the model.</summary>
    public void Dispose() => composition.Dispose();
}

/// <summary>A tuning without composition: of nothing, of the model's own weights, or of a LoRA.</summary>
/// <remarks>Owns the LoRA. Not thread-safe.</remarks>
public sealed class ParameterTuning : ITuning
{
    readonly LoraTuning? lora;

    /// <summary>Describes the tuning.</summary>
    /// <param name="trained">What trains besides the head; null where nothing does.</param>
    /// <param name="lora">The LoRA whose parameters these are, where it is one. Owned by the new object.</param>
    public ParameterTuning(TrainableGroup? trained, LoraTuning? lora = null) => (Trained, this.lora) = (trained, lora);

    /// <inheritdoc/>
    public TrainableGroup? Trained { get; }

    /// <inheritdoc/>
    public LoraAdapter? ToAdapter(string name) => lora?.ToAdapter(name);

    /// <summary>Takes the LoRA out of the model.</summary>
    public void Dispose() => lora?.Dispose();
}
