using static TorchSharp.torch;

namespace LoraComposition.Text;

/// <summary>Texts as a model reads them: padded to the longest of them.</summary>
/// <remarks>Owns its two tensors; whoever was given the batch disposes it. Not thread-safe.</remarks>
public sealed class TokenBatch : IDisposable
{
    TokenBatch(Tensor ids, Tensor mask) => (Ids, Mask) = (ids, mask);

    /// <summary>The ids, <c>[batch, tokens]</c>, int64, padded on the right with 0. Owned by the batch.</summary>
    public Tensor Ids { get; }

    /// <summary>1 for a token and 0 for padding, <c>[batch, tokens]</c>, int64. Owned by the batch.</summary>
    public Tensor Mask { get; }

    /// <summary>Puts rows of ids into one tensor, each padded to the longest.</summary>
    /// <param name="rows">The rows, at least one.</param>
    /// <param name="device">Where the tensors go; the CPU where not given.</param>
    /// <returns>The batch. The caller owns it.</returns>
    public static TokenBatch Pad(IReadOnlyList<IReadOnlyList<int>> rows, Device? device = null)
    {
        int longest = rows.Max(row => row.Count);
        long[] ids = new long[rows.Count * longest], mask = new long[ids.Length];   // filled with T5Tokenizer.PadId
        for (int r = 0; r < rows.Count; r++)
        {
            for (int i = 0; i < rows[r].Count; i++) ids[r * longest + i] = rows[r][i];
            Array.Fill(mask, 1, r * longest, rows[r].Count);
        }
        return new(HostToDevice.Copy(tensor(ids, [rows.Count, longest]), device ?? CPU), HostToDevice.Copy(tensor(mask, [rows.Count, longest]), device ?? CPU));
    }

    /// <summary>Lets go of both tensors.</summary>
    public void Dispose()
    {
        Ids.Dispose();
        Mask.Dispose();
    }
}
