namespace LoraComposition.FewShot;

/// <summary>A model made ready for one method.</summary>
public interface ITuning : IDisposable
{
    /// <summary>What trains besides the head; null where the body stays as it is.</summary>
    TrainableGroup? Body { get; }

    /// <summary>What a reader wants to know of the trained state.</summary>
    /// <returns>A value that can be written as JSON; null where there is nothing.</returns>
    object? Describe();

    /// <summary>Makes evaluation as cheap as the plain model until the result is disposed.</summary>
    /// <returns>What ends it, or null where it costs no more anyway. The caller owns it.</returns>
    IDisposable? FixForEvaluation();

    /// <summary>The present update of the body as one adapter that does exactly the same; null where the body is the base model's.</summary>
    /// <param name="name">What to call it.</param>
    /// <returns>A copy. The caller owns it.</returns>
    LoraAdapter? ToAdapter(string name);

    /// <summary>The present weight of every upstream module at every layer; null where none are composed.</summary>
    /// <returns>A copy.</returns>
    /// <exception cref="ArgumentException">Two modules have one name.</exception>
    CompositionWeights? ToWeights();
}
