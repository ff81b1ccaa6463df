namespace LoraComposition.FewShot;

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
