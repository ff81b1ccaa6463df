namespace LoraComposition.Experiments;

/// <summary>One task: samples to learn from, with a validation part held out of them, and samples to test on.</summary>
/// <typeparam name="TSamples">The prepared samples.</typeparam>
/// <param name="Name">What the task is called, for files and tables.</param>
/// <param name="Train">The samples that training and validation are drawn from. Not owned.</param>
/// <param name="Pool">The positions in <paramref name="Train"/> that may be learned from.</param>
/// <param name="Validation">The positions in <paramref name="Train"/> held out for early stopping.</param>
/// <param name="Test">The samples to test on, all of them; null for a task that is only learned from. Not owned.</param>
public abstract record FewShotTask<TSamples>(string Name, TSamples Train, IReadOnlyList<int> Pool, IReadOnlyList<int> Validation,
    TSamples? Test) where TSamples : class
{
    private protected abstract string SampleNoun { get; }

    /// <summary>The hashes of what a run reads, by the names under which every result records them.</summary>
    internal IReadOnlyDictionary<string, string> Inputs(string baseModel)
    {
        var inputs = new Dictionary<string, string> { ["foundation"] = baseModel, ["train"] = FingerprintOf(Train) };
        if (Test is not null) inputs["test"] = FingerprintOf(Test);
        return inputs;
    }

    /// <summary>The samples of a part.</summary>
    /// <exception cref="ArgumentException">There are none.</exception>
    internal (TSamples Samples, IReadOnlyList<int> Indices) Scored(ScoredPart part) => part switch
    {
        ScoredPart.Validation when Validation.Count > 0 => (Train, Validation),
        ScoredPart.Test when Test is { } test => (test, [.. Enumerable.Range(0, CountOf(test))]),
        _ => throw new ArgumentException($"Task '{Name}' has no {(part == ScoredPart.Test ? "test" : "validation")} {SampleNoun}.", nameof(part)),
    };

    private protected abstract string FingerprintOf(TSamples samples);

    private protected abstract int CountOf(TSamples samples);
}

/// <summary>The samples that a trained method is scored on.</summary>
public enum ScoredPart
{
    /// <summary>Those held out of the training part: to choose settings by.</summary>
    Validation,

    /// <summary>The test part, whole: to report.</summary>
    Test,
}
