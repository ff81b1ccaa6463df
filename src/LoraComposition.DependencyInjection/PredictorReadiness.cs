namespace LoraComposition.DependencyInjection;

/// <summary>Whether the model is read and has predicted once, so that no request waits for either. For a health check.</summary>
/// <remarks>Several threads may use it at once.</remarks>
public sealed class PredictorReadiness
{
    volatile bool ready;

    /// <summary>Whether the model is warm.</summary>
    public bool IsReady => ready;

    internal void SetReady() => ready = true;
}
