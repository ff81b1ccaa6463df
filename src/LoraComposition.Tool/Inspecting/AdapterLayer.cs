namespace LoraComposition.Tool;

/// <summary>One layer of an adapter.</summary>
/// <param name="Path">The layer's path as the file spells it.</param>
/// <param name="Rank">The rank of its factors.</param>
/// <param name="Alpha">The setting alpha that counts for it.</param>
/// <param name="Scaling">The factor in front of B·A.</param>
/// <param name="InFeatures">The width of the layer's input.</param>
/// <param name="OutFeatures">The width of its output.</param>
/// <param name="Norm">The Frobenius norm of the update, scaling included.</param>
sealed record AdapterLayer(string Path, long Rank, double? Alpha, double Scaling, long InFeatures, long OutFeatures, double Norm);
