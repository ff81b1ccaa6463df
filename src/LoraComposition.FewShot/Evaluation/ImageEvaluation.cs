namespace LoraComposition.FewShot;

/// <summary>The evaluation of a model on labelled pictures.</summary>
public sealed record ImageEvaluation
{
    /// <summary>The scores, over the classes of the model.</summary>
    public required ClassificationEvaluation Scores { get; init; }

    /// <summary>The classes of the model that the data have no picture of, in the order of the model.</summary>
    public required IReadOnlyList<string> ClassesWithoutPictures { get; init; }

    /// <summary>The classes of the data that the model does not know, whose pictures were left out; empty where there is none.</summary>
    public required IReadOnlyList<string> IgnoredClasses { get; init; }

    /// <summary>The pictures that cannot be read and were left out; their part is the name of the data. Empty where there is none.</summary>
    public required IReadOnlyList<SkippedSample> Skipped { get; init; }
}

/// <summary>How a model is evaluated.</summary>
public sealed record ImageEvaluationOptions
{
    /// <summary>The pictures in a batch, which are also those in memory at once. Default 64.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>The number of worst mistakes to keep. Default 24.</summary>
    public int MostMistakes { get; init; } = 24;

    /// <summary>Whether pictures of classes that the model does not know are left out; otherwise they are refused. Default false.</summary>
    public bool IgnoreUnknownClasses { get; init; }

    /// <summary>Whether pictures that cannot be read are left out; otherwise they are refused, all together. Default false.</summary>
    public bool SkipDamaged { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">The size of a batch is not positive, or the number of mistakes is negative.</exception>
    public void Validate()
    {
        if (BatchSize < 1) throw new ArgumentException($"The size of a batch is {BatchSize}; it must be at least 1.");
        if (MostMistakes < 0) throw new ArgumentException($"The number of mistakes to keep is {MostMistakes}; it must be at least 0.");
    }
}

/// <summary>Pictures of a data set cannot be read. The message says how many.</summary>
public sealed class DamagedPicturesException : DataException
{
    internal DamagedPicturesException(string data, int count, IReadOnlyList<DataException> pictures)
        : base(data, $"{pictures.Count} of {count} pictures cannot be read; replace or remove them, or leave them out (--skip-damaged).", pictures[0]) =>
        Pictures = pictures;

    /// <summary>What is wrong with each, in the order of the data set.</summary>
    public IReadOnlyList<DataException> Pictures { get; }
}
