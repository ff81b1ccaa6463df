namespace LoraComposition.FewShot;

/// <summary>Which images are learned from, and which of the others are held out.</summary>
/// <param name="Support">K images of each class to learn from.</param>
/// <param name="Validation">The positions held out, ascending.</param>
/// <param name="ValidationCounts">The number held out of each class.</param>
/// <param name="Warning">What is short, in one sentence; null where nothing is.</param>
internal sealed record AdaptationSamples(FewShotSplit Support, IReadOnlyList<int> Validation, IReadOnlyList<int> ValidationCounts, string? Warning)
{
    /// <summary>Draws the K images first, then the validation part from what is left: images to learn from are the scarcer ones.</summary>
    /// <exception cref="DataException">No class has more than K images, so that nothing is left to compare methods by.</exception>
    public static AdaptationSamples Draw(ImageDataset dataset, int shots, int validationPerClass, int seed)
    {
        int[] labels = dataset.Labels();
        int classes = dataset.ClassNames.Count;
        if (classes < 2) throw new DataException(dataset.Name, $"expected at least 2 classes, found {classes} ('{dataset.ClassNames[0]}').");
        var support = FewShotSampler.Sample(labels, classes, shots, seed);
        int[] rest = [.. Enumerable.Range(0, labels.Length).Except(support.Indices)];
        int[][] heldOut = [.. ClassGroups.Shuffled(labels, classes, rest, RandomStream.Validation, seed).Select(group => group.Take(validationPerClass).ToArray())];
        if (heldOut.All(group => group.Length == 0)) throw NothingLeft(dataset, support, shots, validationPerClass);
        return new AdaptationSamples(support, [.. heldOut.SelectMany(group => group).Order()], [.. heldOut.Select(group => group.Length)], Shortage(dataset, support, heldOut, shots));
    }

    static DataException NothingLeft(ImageDataset dataset, FewShotSplit support, int shots, int validationPerClass)
    {
        int largest = support.EffectiveShots.Max();
        string fewer = largest > 1 ? $" or ask for at most {largest - 1} shots" : "";
        return new DataException(dataset.Name, $"no image is left to compare methods on: {shots} images per class are learned from, and no class has more than {largest}. "
            + $"Expected at least {shots + 1} images in a class, better {shots + validationPerClass} in each; add images{fewer}.");
    }

    static string? Shortage(ImageDataset dataset, FewShotSplit support, int[][] heldOut, int shots)
    {
        string[] uncompared = [.. Enumerable.Range(0, heldOut.Length).Where(label => heldOut[label].Length == 0).Select(label => dataset.ClassNames[label])];
        var parts = new List<string>();
        if (support.ShortClasses.Count > 0)
            parts.Add($"{support.ShortClasses.Count} of {heldOut.Length} classes have fewer than {shots} images ({Listed([.. support.ShortClasses.Select(label => $"'{dataset.ClassNames[label]}' has {support.EffectiveShots[label]}")])}), and all of theirs are learned from");
        if (uncompared.Length > 0)
            parts.Add($"{uncompared.Length} of {heldOut.Length} classes have no image left to compare methods on ({Listed([.. uncompared.Select(name => $"'{name}'")])})");
        return parts.Count == 0 ? null : $"{string.Join("; ", parts)}.";
    }

    static string Listed(string[] names) => names.Length <= 5 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(5))} and {names.Length - 5} more";
}
