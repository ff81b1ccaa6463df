namespace LoraComposition.FewShot;

/// <summary>Collects what a classifier says of labelled samples, one after the other, and makes their evaluation.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ClassificationEvaluationBuilder
{
    const int BinCount = 15;

    readonly string[] classNames;
    readonly int mostMistakes;
    readonly int[][] confusion;
    readonly List<Misclassification> mistakes = [];
    readonly int[] binCounts = new int[BinCount], binCorrect = new int[BinCount];
    readonly double[] binProbabilities = new double[BinCount];
    double loss;

    /// <summary>Begins without a sample.</summary>
    /// <param name="classNames">The classes in the order of the labels and logits.</param>
    /// <param name="mostMistakes">The number of worst mistakes to keep. Default 24.</param>
    /// <exception cref="ArgumentException">There is no class.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of mistakes is negative.</exception>
    public ClassificationEvaluationBuilder(IReadOnlyList<string> classNames, int mostMistakes = 24)
    {
        ArgumentNullException.ThrowIfNull(classNames);
        ArgumentOutOfRangeException.ThrowIfNegative(mostMistakes);
        if (classNames.Count == 0) throw new ArgumentException("There is no class.", nameof(classNames));
        (this.classNames, this.mostMistakes) = ([.. classNames], mostMistakes);
        confusion = [.. this.classNames.Select(_ => new int[classNames.Count])];
    }

    /// <summary>The number of samples so far.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a sample.</summary>
    /// <param name="sample">Its position in its data set.</param>
    /// <param name="name">What to call it among the mistakes.</param>
    /// <param name="label">The position of its class.</param>
    /// <param name="logits">A finite number for each class; of equal ones the first is the class that is given. Log-probabilities are logits too.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    /// <exception cref="ArgumentException">There are more or fewer logits than classes, or one is not finite.</exception>
    public void Add(int sample, string name, int label, ReadOnlySpan<double> logits)
    {
        ArgumentNullException.ThrowIfNull(name);
        if ((uint)label >= (uint)classNames.Length)
            throw new ArgumentOutOfRangeException(nameof(label), label, $"The label must be from 0 to {classNames.Length - 1}.");
        if (logits.Length != classNames.Length) throw new ArgumentException($"Expected {classNames.Length} logits, found {logits.Length}.", nameof(logits));
        int given = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            if (!double.IsFinite(logits[i])) throw new ArgumentException($"The logit of class '{classNames[i]}' is {logits[i]}, no finite number.", nameof(logits));
            if (logits[i] > logits[given]) given = i;
        }
        double sum = 0;
        foreach (double logit in logits) sum += Math.Exp(logit - logits[given]);
        // By logarithms: the probability of a class that is far behind is 0, its logarithm is not.
        double logProbability = logits[label] - logits[given] - Math.Log(sum), probability = 1 / sum;
        loss -= logProbability;
        confusion[label][given]++;
        if (given != label) mistakes.Add(new(sample, name, classNames[label], classNames[given], probability, Math.Exp(logProbability)));
        int bin = Math.Clamp((int)Math.Ceiling(probability * BinCount) - 1, 0, BinCount - 1);
        binCounts[bin]++;
        binProbabilities[bin] += probability;
        if (given == label) binCorrect[bin]++;
        Count++;
    }

    /// <summary>Makes the evaluation of the samples so far.</summary>
    /// <returns>The evaluation.</returns>
    /// <exception cref="InvalidOperationException">There is no sample.</exception>
    public ClassificationEvaluation Build()
    {
        if (Count == 0) throw new InvalidOperationException("There is no sample to evaluate.");
        ClassScore[] classes = [.. classNames.Select((name, label) =>
            new ClassScore(name, confusion[label].Sum(), confusion.Sum(row => row[label]), confusion[label][label]))];
        var present = classes.Where(score => score.Support > 0).ToArray();
        return new ClassificationEvaluation
        {
            Count = Count,
            Correct = classes.Sum(score => score.Correct),
            Loss = loss / Count,
            MacroPrecision = present.Average(score => score.Precision ?? 0),
            MacroRecall = present.Average(score => score.Recall!.Value),
            MacroF1 = present.Average(score => score.F1!.Value),
            ExpectedCalibrationError = Enumerable.Range(0, BinCount).Sum(bin => Math.Abs(binCorrect[bin] - binProbabilities[bin])) / Count,
            Reliability = [.. Enumerable.Range(0, BinCount).Select(Bin)],
            Classes = classes,
            Confusion = [.. confusion.Select(row => (int[])[.. row])],
            // The sort is stable: of equal ones the first comes first.
            WorstMistakes = [.. mistakes.OrderByDescending(mistake => mistake.Probability).Take(mostMistakes)],
        };
    }

    CalibrationBin Bin(int bin)
    {
        int count = binCounts[bin];
        double? Mean(double sum) => count == 0 ? null : sum / count;
        return new((double)bin / BinCount, (bin + 1.0) / BinCount, count, Mean(binProbabilities[bin]), Mean(binCorrect[bin]));
    }
}
