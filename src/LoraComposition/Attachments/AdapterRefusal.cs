namespace LoraComposition;

/// <summary>Why one layer of an adapter does not fit a model.</summary>
/// <param name="Adapter">The name of the adapter.</param>
/// <param name="Layer">The path of the layer as the adapter spells it.</param>
/// <param name="Reason">What was expected and found.</param>
public sealed record AdapterRefusal(string Adapter, string Layer, string Reason);
