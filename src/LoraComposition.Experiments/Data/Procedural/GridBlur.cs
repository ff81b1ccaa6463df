namespace LoraComposition.Experiments;

/// <summary>Smooths a square grid of values with the binomial weights (1, 2, 1) / 4 both ways; beyond the border the border goes on.</summary>
internal static class GridBlur
{
    /// <summary>Returns new values, <c>[size, size]</c>.</summary>
    public static float[] Apply(ReadOnlySpan<float> values, int size)
    {
        float[] rows = new float[values.Length], result = new float[values.Length];
        for (int y = 0; y < size; y++)
        {
            var row = values.Slice(y * size, size);
            for (int x = 0; x < size; x++) rows[y * size + x] = (row[Math.Max(x - 1, 0)] + 2 * row[x] + row[Math.Min(x + 1, size - 1)]) / 4;
        }
        for (int y = 0; y < size; y++)
        {
            int above = Math.Max(y - 1, 0) * size, here = y * size, below = Math.Min(y + 1, size - 1) * size;
            for (int x = 0; x < size; x++) result[here + x] = (rows[above + x] + 2 * rows[here + x] + rows[below + x]) / 4;
        }
        return result;
    }
}
