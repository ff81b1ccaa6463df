using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>A matrix that is read by blocks of rows: the product of two factors is multiplied out a block at a time, never whole.</summary>
internal sealed class MatrixRows
{
    // 16 MiB of float32.
    const long BlockEntries = 1 << 22;

    readonly Tensor? left;
    readonly Tensor right;

    MatrixRows(Tensor? left, Tensor right) => (this.left, this.right) = (left, right);

    /// <summary>The update <c>s·B·A</c>, [out, in]. The present dispose scope owns what is kept of it.</summary>
    public static MatrixRows Of(LoraDelta delta)
    {
        using Scalar scaling = delta.Scaling;
        return new(delta.B.mul(scaling), delta.A.alias());
    }

    /// <summary>A matrix as it is. It must live as long.</summary>
    public static MatrixRows Of(Tensor matrix) => new(null, matrix);

    public long Rows => (left ?? right).shape[0];

    public long Columns => right.shape[1];

    public long Entries => Rows * Columns;

    /// <summary>The blocks of a matrix of this shape, in order. They depend on the shape alone.</summary>
    public static IEnumerable<(long Start, long Count)> Blocks(long rows, long columns)
    {
        long most = Math.Max(1, BlockEntries / Math.Max(1, columns));
        for (long start = 0; start < rows; start += most) yield return (start, Math.Min(most, rows - start));
    }

    /// <summary>Some rows, <c>[count, columns]</c>, not to be changed. The present dispose scope owns them.</summary>
    public Tensor Block((long Start, long Count) rows)
    {
        var part = (left ?? right).narrow(0, rows.Start, rows.Count);
        return left is null ? part : part.matmul(right);
    }
}
