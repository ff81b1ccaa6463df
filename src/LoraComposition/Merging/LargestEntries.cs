using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// The k entries of a matrix that are largest in magnitude. Found exactly by counting digits of the numbers' bits, block by block, so that the matrix is never
/// sorted nor whole in memory.
/// </summary>
internal sealed class LargestEntries
{
    const int DigitBits = 16, Digits = 1 << DigitBits;

    readonly double threshold;
    long tiesLeft;

    LargestEntries(double threshold, long ties) => (this.threshold, tiesLeft) = (threshold, ties);

    /// <summary>Finds the k largest of a matrix.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="k">How many, from 0 to the number of entries.</param>
    public static LargestEntries Of(MatrixRows matrix, long k)
    {
        if (k <= 0) return new(double.PositiveInfinity, 0);
        using var scope = NewDisposeScope();
        bool wide = matrix.Block((0, 1)).dtype == ScalarType.Float64;
        ulong prefix = 0;
        long above = 0;
        for (int shift = (wide ? 64 : 32) - DigitBits; shift >= 0; shift -= DigitBits)
        {
            var counts = new long[Digits];
            foreach (var rows in MatrixRows.Blocks(matrix.Rows, matrix.Columns))
            {
                using var inner = NewDisposeScope();
                var bytes = matrix.Block(rows).abs().contiguous().bytes;
                if (wide) Count(MemoryMarshal.Cast<byte, ulong>(bytes), counts, prefix, shift);
                else Count(MemoryMarshal.Cast<byte, uint>(bytes), counts, (uint)prefix, shift);
            }
            int digit = Digits - 1;
            while (above + counts[digit] < k) above += counts[digit--];
            prefix |= (ulong)digit << shift;
        }
        return new(wide ? BitConverter.UInt64BitsToDouble(prefix) : BitConverter.UInt32BitsToSingle((uint)prefix), k - above);
    }

    /// <summary>Where the entries of a block are among them; all that equal the smallest of them too. The present dispose scope owns it.</summary>
    public Tensor WithTies(Tensor block)
    {
        using Scalar least = threshold;
        return block.abs().ge(least);
    }

    /// <summary>Where the entries of the next block are among them; of those that equal the smallest, the first ones. The present dispose scope owns it.</summary>
    public Tensor Next(Tensor block)
    {
        using Scalar least = threshold;
        var magnitudes = block.abs();
        var (larger, equal) = (magnitudes.gt(least), magnitudes.eq(least));
        long ties = equal.sum().item<long>();
        if (ties > tiesLeft)
        {
            using Scalar left = tiesLeft;
            equal = equal.logical_and(equal.flatten().cumsum(0).le(left).reshape(block.shape));
        }
        tiesLeft = Math.Max(0, tiesLeft - ties);
        return larger.logical_or(equal);
    }

    // Without its sign the bits of a number order as the number does.
    static void Count(ReadOnlySpan<uint> numbers, long[] counts, uint prefix, int shift)
    {
        if (shift == 32 - DigitBits)
        {
            foreach (uint bits in numbers) counts[bits >> shift]++;
            return;
        }
        uint top = prefix >> DigitBits;
        foreach (uint bits in numbers)
            if (bits >> DigitBits == top) counts[bits & (Digits - 1)]++;
    }

    static void Count(ReadOnlySpan<ulong> numbers, long[] counts, ulong prefix, int shift)
    {
        int above = shift + DigitBits;
        foreach (ulong bits in numbers)
            if (above == 64 || bits >> above == prefix >> above) counts[bits >> shift & (Digits - 1)]++;
    }
}
