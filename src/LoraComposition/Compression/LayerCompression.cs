namespace LoraComposition;

/// <summary>What compressing did to one layer of an adapter.</summary>
/// <param name="Path">The layer's path as the adapter spells it.</param>
/// <param name="RankBefore">The rank of the factors before.</param>
/// <param name="Rank">The rank now.</param>
/// <param name="RetainedEnergy">The share of the energy that is kept, <c>Σᵢ≤ₖ σᵢ² / Σᵢ σᵢ²</c>; 1 for an update of zero.</param>
/// <param name="RelativeError">The distance <c>‖ΔW − ΔWₖ‖_F / ‖ΔW‖_F</c>; 0 for an update of zero.</param>
public sealed record LayerCompression(string Path, long RankBefore, long Rank, double RetainedEnergy, double RelativeError);
