namespace LoraComposition.FewShot;

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
