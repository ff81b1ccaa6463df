namespace LoraComposition.FewShot;

/// <summary>A validation part held out of the training data, class by class. Every class that has a picture keeps at least one for training.</summary>
public sealed record TrainValidationSplit
{
    TrainValidationSplit(int[] train, int[] validation) => (Train, Validation) = (train, validation);

    /// <summary>The positions left for training, ascending.</summary>
    public IReadOnlyList<int> Train { get; }

    /// <summary>The positions held out, ascending.</summary>
    public IReadOnlyList<int> Validation { get; }

    /// <summary>Holds out a part of each class, rounded to the nearest whole number of pictures.</summary>
    /// <param name="labels">The label at each position, from 0 to <paramref name="classCount"/> − 1.</param>
    /// <param name="classCount">The number of classes.</param>
    /// <param name="fraction">The part to hold out, above 0 and below 1.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="stream">What the draw is for; a validation part where not given.</param>
    /// <returns>The two parts.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not between 0 and 1, or there are no classes.</exception>
    /// <exception cref="ArgumentException">A label is out of range.</exception>
    public static TrainValidationSplit CreateByFraction(IReadOnlyList<int> labels, int classCount, double fraction, int seed, RandomStream? stream = null)
    {
        if (!(fraction > 0 && fraction < 1)) throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "The fraction must be above 0 and below 1.");
        return Create(labels, classCount, held => (int)Math.Round(fraction * held, MidpointRounding.AwayFromZero), seed, stream ?? RandomStream.Validation);
    }

    /// <summary>Holds out a number of pictures of each class, or all but one where a class has no more.</summary>
    /// <param name="labels">The label at each position, from 0 to <paramref name="classCount"/> − 1.</param>
    /// <param name="classCount">The number of classes.</param>
    /// <param name="perClass">The number to hold out of each class, at least 1.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>The two parts.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is not positive, or there are no classes.</exception>
    /// <exception cref="ArgumentException">A label is out of range.</exception>
    public static TrainValidationSplit CreatePerClass(IReadOnlyList<int> labels, int classCount, int perClass, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perClass);
        return Create(labels, classCount, _ => perClass, seed, RandomStream.Validation);
    }

    /// <summary>Holds out a number of positions in total, whatever their classes, or all but one where there are no more.</summary>
    /// <param name="count">The number of positions there are.</param>
    /// <param name="heldOut">The number to hold out, at least 1.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>The two parts.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number to hold out is not positive, or the number of positions is negative.</exception>
    public static TrainValidationSplit CreateTotal(int count, int heldOut, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return CreatePerClass(new int[count], 1, heldOut, seed);
    }

    static TrainValidationSplit Create(IReadOnlyList<int> labels, int classCount, Func<int, int> wanted, int seed, RandomStream stream)
    {
        List<int> train = [], validation = [];
        foreach (int[] group in ClassGroups.Shuffled(labels, classCount, null, stream, seed))
        {
            int heldOut = Math.Min(wanted(group.Length), Math.Max(group.Length - 1, 0));
            validation.AddRange(group[..heldOut]);
            train.AddRange(group[heldOut..]);
        }
        return new TrainValidationSplit([.. train.Order()], [.. validation.Order()]);
    }
}
