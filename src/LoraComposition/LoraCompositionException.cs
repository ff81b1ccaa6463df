namespace LoraComposition;

/// <summary>
/// What these libraries throw of their own: something from outside was refused, or work cannot go on. Misuse of a member gives .NET's own
/// <see cref="ArgumentException"/> and <see cref="InvalidOperationException"/>.
/// </summary>
public abstract class LoraCompositionException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, what was expected and found, and what to do.</param>
    /// <param name="inner">The cause, where there is one.</param>
    protected LoraCompositionException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
