using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>The heart of TIES (arXiv:2306.01708): trim each matrix, elect the sign of the sum of each entry, and take the mean of the entries that have it.</summary>
internal static class SignElection
{
    /// <summary>Merges matrices of one shape.</summary>
    /// <param name="modules">The matrices.</param>
    /// <param name="density">The part of each matrix's entries, the largest in magnitude, that is not trimmed away, in (0, 1].</param>
    /// <returns>The merged matrix. The present dispose scope owns it.</returns>
    public static Tensor Merge(IReadOnlyList<MatrixRows> modules, double density) =>
        Merge([.. modules.Select(module => Trimmed(module, density))], modules[0].Rows, modules[0].Columns);

    /// <summary>Merges matrices that are read by blocks, each block twice.</summary>
    /// <param name="modules">Reads a block of each matrix; what it makes stays in the present dispose scope.</param>
    /// <param name="rows">The rows of the matrices.</param>
    /// <param name="columns">Their columns.</param>
    public static Tensor Merge(IReadOnlyList<Func<(long Start, long Count), Tensor>> modules, long rows, long columns)
    {
        Tensor? merged = null;
        foreach (var block in MatrixRows.Blocks(rows, columns))
        {
            using var scope = NewDisposeScope();
            Tensor? sum = null;
            foreach (var module in modules)
            {
                using var inner = NewDisposeScope();
                var part = module(block);
                if (sum is null) sum = part.clone().MoveToOuterDisposeScope();
                else sum.add_(part, HeldScalars.One);
            }
            var sign = sum!.sign();
            var (total, count) = (zeros_like(sum), zeros_like(sum));
            foreach (var module in modules)
            {
                using var inner = NewDisposeScope();
                var part = module(block);
                // Nothing agrees where nothing is left, nor where the sum is zero.
                var agrees = part.sign().eq(sign).logical_and(part.ne(HeldScalars.Zero));
                total.add_(part.mul(agrees), HeldScalars.One);
                count.add_(agrees, HeldScalars.One);
            }
            merged ??= empty(rows, columns, dtype: sum.dtype).MoveToOuterDisposeScope();
            merged.narrow(0, block.Start, block.Count).copy_(total.div(count.clamp(HeldScalars.One)));
        }
        return merged!;
    }

    static Func<(long Start, long Count), Tensor> Trimmed(MatrixRows module, double density)
    {
        if (density == 1) return module.Block;
        var largest = LargestEntries.Of(module, (long)(density * module.Entries));
        return block =>
        {
            var part = module.Block(block);
            return part.mul(largest.WithTies(part));
        };
    }
}
