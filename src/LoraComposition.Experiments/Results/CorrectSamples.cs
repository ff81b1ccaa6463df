namespace LoraComposition.Experiments;

/// <summary>
/// Which test samples a run got right, as its result keeps it: a bit for each sample, the first in the lowest bit of the first byte, in base64.
/// </summary>
public static class CorrectSamples
{
    /// <summary>Which samples a run got right.</summary>
    /// <param name="result">The run.</param>
    /// <returns>A value for each test sample, in their order; null where the result does not say, as those of earlier versions.</returns>
    public static IReadOnlyList<bool>? Of(RunResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (result.Correct is not { } text) return null;
        byte[] bytes = Convert.FromBase64String(text);
        return [.. Enumerable.Range(0, result.TestCount).Select(i => (bytes[i / 8] >> (i % 8) & 1) == 1)];
    }

    internal static string Encode(IReadOnlyList<bool> correct)
    {
        byte[] bytes = new byte[(correct.Count + 7) / 8];
        for (int i = 0; i < correct.Count; i++)
            if (correct[i]) bytes[i / 8] |= (byte)(1 << (i % 8));
        return Convert.ToBase64String(bytes);
    }

    /// <summary>Why a text is not that of so many samples, of which so many are right; null where it is.</summary>
    internal static string? Problem(string text, int testCount, double accuracy)
    {
        byte[] bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out int length) || length != (testCount + 7) / 8)
            return FormattableString.Invariant($"expected the right samples as base64 of {testCount} bits, found another text");
        int right = bytes.Sum(b => int.PopCount(b));
        if (testCount > 0 && Math.Abs((double)right / testCount - accuracy) > 1e-9)
            return FormattableString.Invariant($"expected as many right samples as the accuracy {accuracy} says, found {right} of {testCount}");
        return null;
    }
}
