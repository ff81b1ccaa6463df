namespace LoraComposition.FewShot;

/// <summary>Which samples are learned from, and which of the others are held out to stop the training and to choose by.</summary>
/// <param name="Support">The samples to learn from, K of each class.</param>
/// <param name="Validation">The positions held out, ascending; empty where nothing is.</param>
public sealed record FewShotSamples(FewShotSplit Support, IReadOnlyList<int> Validation)
{
    /// <summary>The number held out of each class; empty where it was not counted.</summary>
    public IReadOnlyList<int> ValidationCounts { get; init; } = [];

    /// <summary>What is short, in one sentence; null where nothing is.</summary>
    public string? Warning { get; init; }

    /// <summary>Draws the K images first, then the validation part from what is left: images to learn from are the scarcer ones.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="shots">The images of each class to learn from, K. Default 10.</param>
    /// <param name="validationPerClass">At most so many further images of each class are held out; 0: none. Default 20.</param>
    /// <param name="seed">The seed of the draw. Default 0.</param>
    /// <returns>The draw.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    /// <exception cref="DataException">There is only one class.</exception>
    public static FewShotSamples OfImages(ImageDataset dataset, int shots = 10, int validationPerClass = 20, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        return OfImages(dataset, dataset.Count, shots, validationPerClass, seed, _ => true);
    }

    /// <summary>As above, of images that can be used, and held out from those behind the training part where there are some.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="trainCount">The number of images to learn from, which come first.</param>
    /// <param name="shots">The images of each class to learn from, K.</param>
    /// <param name="validationPerClass">At most so many further images of each class are held out.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <param name="usable">Whether an image can be used; the next one of its class takes the place of one that cannot.</param>
    /// <exception cref="DataException">There is only one class, or no image of one can be used.</exception>
    internal static FewShotSamples OfImages(ImageDataset dataset, int trainCount, int shots, int validationPerClass, int seed, Func<int, bool> usable)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(validationPerClass);
        int[] labels = dataset.Labels();
        int classes = dataset.ClassNames.Count;
        if (classes < 2) throw new DataException(dataset.Name, $"expected at least 2 classes, found {classes} ('{dataset.ClassNames[0]}').");
        var support = FewShotSampler.Sample(labels, classes, shots, seed, [.. Enumerable.Range(0, trainCount)], usable);
        if (support.EffectiveShots.Index().Where(label => label.Item == 0 && labels.AsSpan(0, trainCount).Contains(label.Index))
            .Select(label => dataset.ClassNames[label.Index]).ToArray() is { Length: > 0 } empty)
            throw new DataException(dataset.Name, $"no picture of {NameList.Listed([.. empty.Select(name => $"'{name}'")], 5)} can be read; replace them, or remove the class.");
        return HoldOut(labels, dataset.ClassNames, support, trainCount, shots, validationPerClass, "image", usable);
    }

    /// <summary>
    /// Draws K texts of each label, or where questions have choices of their own K in all, then the validation part: from the positions behind the training part where there
    /// are some, otherwise from what is left.
    /// </summary>
    /// <param name="dataset">The texts to learn from, and behind them those to hold out where they stand apart.</param>
    /// <param name="trainCount">The number of texts to learn from, which come first.</param>
    /// <param name="shots">The texts of each label, or questions in all, to learn from, K.</param>
    /// <param name="validation">At most so many of each label, or questions in all, are held out.</param>
    /// <param name="seed">The seed of the draw.</param>
    internal static FewShotSamples OfTexts(QuestionDataset dataset, int trainCount, int shots, int validation, int seed)
    {
        var labels = dataset.SharedChoices;
        int[] classes = [.. dataset.Questions.Select(question => labels is null ? 0 : question.AnswerIndex!.Value)];
        var support = FewShotSampler.Sample(classes, labels?.Count ?? 1, shots, seed, [.. Enumerable.Range(0, trainCount)]);
        return HoldOut(classes, labels ?? ["questions"], support, trainCount, shots, validation, labels is null ? "question" : "text", _ => true);
    }

    static FewShotSamples HoldOut(int[] labels, IReadOnlyList<string> classNames, FewShotSplit support, int trainCount, int shots, int validationPerClass, string noun, Func<int, bool> usable)
    {
        int[] rest = trainCount < labels.Length ? [.. Enumerable.Range(trainCount, labels.Length - trainCount)]
            : [.. Enumerable.Range(0, labels.Length).Except(support.Indices)];
        int[][] heldOut = [.. ClassGroups.Shuffled(labels, classNames.Count, rest, RandomStream.Validation, support.Seed).Select(group => group.Where(usable).Take(validationPerClass).ToArray())];
        return new FewShotSamples(support, [.. heldOut.SelectMany(group => group).Order()])
        {
            ValidationCounts = [.. heldOut.Select(group => group.Length)],
            Warning = Shortage(classNames, support, heldOut, shots, validationPerClass, noun),
        };
    }

    /// <summary>Draws K questions in total, whatever their answers, then the validation part from what is left.</summary>
    /// <param name="dataset">The questions.</param>
    /// <param name="shots">The questions to learn from, K. Default 10.</param>
    /// <param name="validation">At most so many further questions are held out. Default 20.</param>
    /// <param name="seed">The seed of the draw. Default 0.</param>
    /// <returns>The draw.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    /// <exception cref="DataException">No question is left to hold out.</exception>
    public static FewShotSamples OfQuestions(QuestionDataset dataset, int shots = 10, int validation = 20, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentOutOfRangeException.ThrowIfLessThan(validation, 1);
        var support = FewShotSampler.SampleTotal(dataset.Count, shots, seed);
        int[] rest = [.. Enumerable.Range(0, dataset.Count).Except(support.Indices)];
        if (rest.Length == 0)
            throw new DataException(dataset.Name,
                $"no question is left to hold out: {shots} are learned from, and there are {dataset.Count}. Add questions or ask for fewer shots.");
        int[] heldOut = [.. ClassGroups.Shuffled(new int[dataset.Count], 1, rest, RandomStream.Validation, seed)[0].Take(validation).Order()];
        return new FewShotSamples(support, heldOut) { ValidationCounts = [heldOut.Length] };
    }

    static string? Shortage(IReadOnlyList<string> classNames, FewShotSplit support, int[][] heldOut, int shots, int validationPerClass, string noun)
    {
        string[] uncompared = [.. Enumerable.Range(0, heldOut.Length).Where(label => heldOut[label].Length == 0).Select(label => classNames[label])];
        var parts = new List<string>();
        if (support.ShortClasses.Count > 0)
            parts.Add(heldOut.Length == 1 ? $"there are {support.EffectiveShots[0]} {noun}s, fewer than {shots}, and all are learned from"
                : $"{support.ShortClasses.Count} of {heldOut.Length} classes have fewer than {shots} {noun}s ({NameList.Listed([.. support.ShortClasses.Select(label => $"'{classNames[label]}' has {support.EffectiveShots[label]}")], 5)}), and all of theirs are learned from");
        if (uncompared.Length == heldOut.Length && validationPerClass > 0)
            parts.Add($"no {noun} is left to compare methods on, so the {noun}s learned from take turns for it: {(heldOut.Length == 1 ? "there are no" : "no class has")} more than {support.EffectiveShots.Max()}, {shots} are learned from; {shots + validationPerClass}{(heldOut.Length == 1 ? "" : " in each")} would be better");
        else if (uncompared.Length > 0 && validationPerClass > 0)
            parts.Add($"{uncompared.Length} of {heldOut.Length} classes have no {noun} left to compare methods on ({NameList.Listed([.. uncompared.Select(name => $"'{name}'")], 5)})");
        return parts.Count == 0 ? null : $"{string.Join("; ", parts)}.";
    }
}
