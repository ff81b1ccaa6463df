namespace LoraComposition.FewShot;

/// <summary>How well a classifier does on labelled samples: overall, by class, which classes it takes for which, how far its probabilities can be believed, and where it errs worst.</summary>
/// <remarks><see cref="ClassificationEvaluationBuilder"/> makes it.</remarks>
public sealed record ClassificationEvaluation
{
    /// <summary>The number of samples.</summary>
    public required int Count { get; init; }

    /// <summary>The number of samples that are given their own class.</summary>
    public required int Correct { get; init; }

    /// <summary>The part of the samples that is given its own class.</summary>
    public double Accuracy => (double)Correct / Count;

    /// <summary>The lower end of the accuracy's 95 % interval (Wilson's).</summary>
    public double AccuracyLow => WilsonInterval.Of(Accuracy, Count).Low;

    /// <summary>The upper end.</summary>
    public double AccuracyHigh => WilsonInterval.Of(Accuracy, Count).High;

    /// <summary>The mean cross-entropy, natural logarithms: minus the log-probability of a sample's own class.</summary>
    public required double Loss { get; init; }

    /// <summary>The mean precision of the classes that have samples; of one that is never given it counts as 0.</summary>
    public required double MacroPrecision { get; init; }

    /// <summary>The mean recall of the classes that have samples: what the accuracy would be if each had as many.</summary>
    public required double MacroRecall { get; init; }

    /// <summary>The mean F1 of the classes that have samples.</summary>
    public required double MacroF1 { get; init; }

    /// <summary>
    /// The mean distance between the probability of the class that is given and the part that is right, over the bins of <see cref="Reliability"/>, weighted by
    /// their samples. 0 where the probabilities can be believed.
    /// </summary>
    public required double ExpectedCalibrationError { get; init; }

    /// <summary>The samples by the probability of the class they are given: 15 bins of equal width, each without its lower end and with its upper.</summary>
    public required IReadOnlyList<CalibrationBin> Reliability { get; init; }

    /// <summary>The classes in the order of the labels.</summary>
    public required IReadOnlyList<ClassScore> Classes { get; init; }

    /// <summary>The numbers of samples: a row for each class that they are of, in it a number for each class that they are given.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> Confusion { get; init; }

    /// <summary>The worst mistakes: those samples that are given a wrong class with the highest probability, the worst first.</summary>
    public required IReadOnlyList<Misclassification> WorstMistakes { get; init; }

    /// <summary>The classes that are taken for another most often.</summary>
    /// <param name="most">The most pairs to name.</param>
    /// <returns>The pairs, the most frequent first, equal ones in the order of the classes.</returns>
    public IReadOnlyList<ClassConfusion> MostConfused(int most) =>
    [
        .. (from row in Enumerable.Range(0, Classes.Count)
            from column in Enumerable.Range(0, Classes.Count)
            where row != column && Confusion[row][column] > 0
            orderby Confusion[row][column] descending
            select new ClassConfusion(Classes[row].Name, Classes[column].Name, Confusion[row][column])).Take(most),
    ];
}

/// <summary>How often one class is taken for another.</summary>
/// <param name="TrueClass">The class that the samples are of.</param>
/// <param name="GivenClass">The class that they are given.</param>
/// <param name="Count">The number of samples.</param>
public sealed record ClassConfusion(string TrueClass, string GivenClass, int Count);

/// <summary>How well a classifier does on one class.</summary>
/// <param name="Name">The class.</param>
/// <param name="Support">The samples of this class.</param>
/// <param name="Given">The samples that are given this class.</param>
/// <param name="Correct">The samples of this class that are given it.</param>
public sealed record ClassScore(string Name, int Support, int Given, int Correct)
{
    /// <summary>The part of the samples given this class that are of it; null where none is given it.</summary>
    public double? Precision => Given == 0 ? null : (double)Correct / Given;

    /// <summary>The part of the samples of this class that are given it; null where it has none.</summary>
    public double? Recall => Support == 0 ? null : (double)Correct / Support;

    /// <summary>The harmonic mean of precision and recall; null where no sample is of this class or given it.</summary>
    public double? F1 => Support + Given == 0 ? null : 2.0 * Correct / (Support + Given);
}

/// <summary>The samples that are given their class with about the same probability.</summary>
/// <param name="Low">The probability that the bin begins above.</param>
/// <param name="High">The probability that it ends with.</param>
/// <param name="Count">The number of samples.</param>
/// <param name="Probability">The mean probability of the classes they are given; null where there is no sample.</param>
/// <param name="Accuracy">The part of them that is right; null where there is none.</param>
public sealed record CalibrationBin(double Low, double High, int Count, double? Probability, double? Accuracy);

/// <summary>A sample that is given a wrong class.</summary>
/// <param name="Sample">The position of the sample in its data set.</param>
/// <param name="Name">What the sample is called, of a picture its path.</param>
/// <param name="TrueClass">The class it is of.</param>
/// <param name="GivenClass">The class it is given: the most probable.</param>
/// <param name="Probability">The probability of the class it is given.</param>
/// <param name="TrueProbability">The probability of its own class.</param>
public sealed record Misclassification(int Sample, string Name, string TrueClass, string GivenClass, double Probability, double TrueProbability);
