using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>What kind of layer an update belongs to.</summary>
public enum AdapterLayerKind
{
    /// <summary>A linear layer: <c>ΔW = scaling · B·A</c>, <c>[out, in]</c> as its weight.</summary>
    Linear,

    /// <summary>
    /// A convolution of 1×1, which is a linear layer at each place. Its factors are matrices here; the file holds them as <c>[rank, in, 1, 1]</c> and
    /// <c>[out, rank, 1, 1]</c>, and the weight is <c>[out, in, 1, 1]</c>.
    /// </summary>
    Convolution,

    /// <summary>
    /// An embedding, a linear layer of one-hot inputs: A is <c>lora_embedding_A</c>, <c>[rank, tokens]</c>, B is <c>lora_embedding_B</c>, <c>[d, rank]</c>.
    /// The table is <c>[tokens, d]</c>, so that its update is the transpose, <c>scaling · (B·A)ᵀ</c>, as in PEFT. For the factors nothing is different.
    /// </summary>
    Embedding,
}

/// <summary>One layer of an adapter, as the headers of its files tell it.</summary>
/// <param name="Path">The layer's path, without the file's prefix.</param>
/// <param name="OutFeatures">The width of its output; of an embedding d.</param>
/// <param name="InFeatures">The width of its input; of an embedding the number of tokens.</param>
/// <param name="Rank">The rank of the two factors.</param>
/// <param name="Scaling">The factor in front of <c>B·A</c>.</param>
/// <param name="Dtype">The type of the factors in the file; where they are of two types, the one that holds both.</param>
/// <param name="Kind">What kind of layer it is.</param>
public sealed record AdapterLayer(string Path, long OutFeatures, long InFeatures, long Rank, double Scaling, ScalarType Dtype,
    AdapterLayerKind Kind = AdapterLayerKind.Linear);

/// <summary>One tensor of a module that was saved whole with an adapter (PEFT's <c>modules_to_save</c>).</summary>
/// <param name="Name">Its name without the file's prefix, for example <c>classifier.weight</c>.</param>
/// <param name="Module">The path of the saved module, with which the name begins, for example <c>classifier</c>.</param>
/// <param name="Dtype">The type of its numbers.</param>
/// <param name="Shape">Its dimensions.</param>
public sealed record SavedTensor(string Name, string Module, ScalarType Dtype, IReadOnlyList<long> Shape);
