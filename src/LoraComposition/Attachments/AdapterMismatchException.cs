namespace LoraComposition;

/// <summary>An adapter does not fit the model it was to be attached to. Nothing was changed.</summary>
public sealed class AdapterMismatchException : LoraCompositionException
{
    /// <summary>Names the adapter, the layer, the expected and the found.</summary>
    /// <param name="adapter">The name of the adapter.</param>
    /// <param name="layer">The path of the layer.</param>
    /// <param name="reason">What was expected and found.</param>
    public AdapterMismatchException(string adapter, string layer, string reason) : base($"Adapter '{adapter}', layer '{layer}': {reason}") => (Adapter, Layer) = (adapter, layer);

    /// <summary>The name of the adapter.</summary>
    public string Adapter { get; }

    /// <summary>The path of the layer.</summary>
    public string Layer { get; }
}
