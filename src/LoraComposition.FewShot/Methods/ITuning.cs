namespace LoraComposition.FewShot;

/// <summary>A model made ready for one method. <see cref="CompositionTuning"/> and <see cref="ParameterTuning"/> serve most methods.</summary>
public interface ITuning : IDisposable
{
    /// <summary>What trains besides the head; null where nothing does.</summary>
    TrainableGroup? Trained { get; }

    /// <summary>Makes evaluation as cheap as the plain model until the result is disposed.</summary>
    /// <returns>What ends it, or null where it costs no more anyway. The caller owns it.</returns>
    IDisposable? FixForEvaluation() => null;

    /// <summary>The present update as one adapter that does exactly the same; null where there is none.</summary>
    /// <param name="name">What to call it.</param>
    /// <returns>A copy. The caller owns it.</returns>
    LoraAdapter? ToAdapter(string name) => null;

    /// <summary>The present weight of every module at every layer; null where none are composed.</summary>
    /// <returns>A copy.</returns>
    /// <exception cref="ArgumentException">Two modules have one name.</exception>
    CompositionWeights? ToWeights() => null;

    /// <summary>What a reader wants to know of the trained state; null where there is nothing.</summary>
    /// <returns>A copy.</returns>
    TuningFindings? ToFindings() => null;
}

/// <summary>What a method found in training that a reader wants to know.</summary>
public sealed record TuningFindings
{
    /// <summary>The one module that was taken of several; null where none was singled out.</summary>
    public string? Module { get; init; }

    /// <summary>The learned weight of every module at every layer; null where none was learned.</summary>
    public CompositionWeights? Weights { get; init; }

    /// <summary>What else is worth a word, by camelCase names. Default nothing.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; init; } = new Dictionary<string, string>();
}
