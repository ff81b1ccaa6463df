namespace LoraComposition.FewShot;

/// <summary>One piece of long work that is shown. Disposing it ends the showing.</summary>
/// <remarks>Safe to use from several threads.</remarks>
public interface IProgressTask : IDisposable
{
    /// <summary>Says that steps were done. Steps beyond the total do not count.</summary>
    /// <param name="steps">The number of steps, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    void Advance(long steps = 1);
}
