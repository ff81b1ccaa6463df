using static TorchSharp.torch;

namespace LoraComposition.FewShot.Data.Tokenization;

/// <summary>Texts as a model reads them: padded to the longest of them.</summary>
/// <remarks>Owns its two tensors; whoever was given the batch disposes it.</remarks>
public sealed class TokenBatch : IDisposable
{
    internal TokenBatch(Tensor ids, Tensor mask) => (Ids, Mask) = (ids, mask);

    /// <summary>The ids, <c>[batch, tokens]</c>, int64, padded on the right with 0. Owned by the batch.</summary>
    public Tensor Ids { get; }

    /// <summary>1 for a token and 0 for padding, <c>[batch, tokens]</c>, int64. Owned by the batch.</summary>
    public Tensor Mask { get; }

    /// <summary>Lets go of both tensors.</summary>
    public void Dispose()
    {
        Ids.Dispose();
        Mask.Dispose();
    }
}
