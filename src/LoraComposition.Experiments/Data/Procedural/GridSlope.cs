namespace LoraComposition.Experiments;

/// <summary>How steeply a square grid of values changes at each place: the length of the gradient by central differences.</summary>
internal static class GridSlope
{
    /// <summary>Returns new values, <c>[size, size]</c>.</summary>
    public static float[] Apply(ReadOnlySpan<float> values, int size)
    {
        float[] result = new float[values.Length];
        for (int y = 0; y < size; y++)
        {
            int above = Math.Max(y - 1, 0) * size, here = y * size, below = Math.Min(y + 1, size - 1) * size;
            for (int x = 0; x < size; x++)
            {
                float across = values[here + Math.Min(x + 1, size - 1)] - values[here + Math.Max(x - 1, 0)], down = values[below + x] - values[above + x];
                result[here + x] = MathF.Sqrt(across * across + down * down);
            }
        }
        return result;
    }
}
