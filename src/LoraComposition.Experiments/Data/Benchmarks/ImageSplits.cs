using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>The two parts of a data set, with the same classes and labels.</summary>
/// <param name="Train">What may be learned from.</param>
/// <param name="Test">What is tested on.</param>
public sealed record ImageSplits(ImageDataset Train, ImageDataset Test)
{
    /// <summary>The part of each class that is tested on where the publisher has no split.</summary>
    internal const double TestFraction = 0.2;

    /// <summary>Splits a data set whose publisher did not: a fifth of each class, rounded, is tested on, and every class keeps at least one picture for training.</summary>
    /// <param name="all">The data set.</param>
    /// <param name="seed">The seed. A class's part depends on the seed, its label and its number of pictures only.</param>
    /// <returns>The two parts; each keeps the order of the data set.</returns>
    internal static ImageSplits Seeded(ImageDataset all, int seed)
    {
        ArgumentNullException.ThrowIfNull(all);
        var split = TrainValidationSplit.CreateByFraction(all.Labels(), all.ClassNames.Count, TestFraction, seed, RandomStream.TestPart);
        return new(new DatasetView(all, split.Train, $"{all.Name}-train"), new DatasetView(all, split.Validation, $"{all.Name}-test"));
    }
}
