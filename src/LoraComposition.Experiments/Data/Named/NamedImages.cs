using System.Globalization;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>A data set of pictures as one of several tasks: a published one by its name, or one's own under any other.</summary>
/// <param name="Name">What the task is called, for files and tables.</param>
/// <param name="Splits">Its images.</param>
public sealed record NamedImages(string Name, ImageSplits Splits)
{
    const int SplitSeed = 0, FewestClasses = 2;

    /// <summary>What a reader of the results must know of the data, a line each: what is tested on, what was passed over.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Opens a data set. Pictures are decoded when asked for.</summary>
    /// <param name="name">What it is called: the name of a published data set says that the folder has that one's layout.</param>
    /// <param name="folder">
    /// The folder. Of one's own data it holds <c>&lt;class&gt;/*</c>, or <c>train/&lt;class&gt;/*</c> with <c>test</c>, <c>val</c> or both beside it. Without either
    /// a fifth of each class, drawn with a fixed seed, is tested on.
    /// </param>
    /// <param name="validationPerClass">The images of each class that will be held out of the training part: too many of them are a remark.</param>
    /// <returns>Both parts under the name.</returns>
    /// <exception cref="DataException">The folder is missing, has not the layout, or fewer than two classes or too few pictures to test on.</exception>
    public static NamedImages Open(string name, string folder, int validationPerClass)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return ImageBenchmarks.Find(name) is { } benchmark ? new NamedImages(name, benchmark.Open(folder)).Counted(validationPerClass)
            : OpenOwn(name, folder, validationPerClass);
    }

    /// <summary>Opens one's own data, whatever it is called.</summary>
    internal static NamedImages OpenOwn(string name, string folder, int validationPerClass)
    {
        var parts = ImageFolderSplits.Open(folder);
        if (parts.Train.ClassNames is { Count: < FewestClasses } only)
            throw new DataException(folder, $"expected at least {FewestClasses} classes, found '{only[0]}' alone; a single class is always guessed right.");
        var (splits, remark) = Split(name, folder, parts);
        string[] remarks = [.. parts.Warnings.Select(warning => $"warning: {warning}"), .. remark is null ? [] : (string[])[remark]];
        return new NamedImages(name, splits) { Remarks = remarks }.Counted(validationPerClass);
    }

    static (ImageSplits Splits, string? Remark) Split(string name, string folder, ImageFolderSplits parts)
    {
        if (parts.Test is { } test)
            return (new(parts.Train, test), parts.Validation is null ? null : $"{name}: the validation part is left alone; --validation is held out of the training part.");
        if (parts.Validation is { } validation) return (new(parts.Train, validation), $"{name}: there is no test part; the validation part is tested on.");
        var splits = ImageSplits.Seeded(parts.Train, SplitSeed);
        return splits.Test.Count > 0 ? (splits, Share(name, splits.Test.Count, parts.Train.Count, "pictures", "each class"))
            : throw new DataException(folder,
                "a fifth of each class is to be tested on, but no class has the 3 pictures that make that one; add pictures or a part test/<class>/*.");
    }

    /// <summary>Says what is tested on where nobody set a part aside.</summary>
    internal static string Share(string name, int tested, int all, string samples, string of) =>
        string.Create(CultureInfo.InvariantCulture,
            $"{name}: there is no test part; {tested} of the {all} {samples}, {ImageSplits.TestFraction:P0} of {of} drawn with seed {SplitSeed}, are tested on.");

    // Early stopping on what should have been learned from is a mistake that no error tells.
    NamedImages Counted(int validationPerClass)
    {
        var (label, count) = Splits.Train.Labels().CountBy(label => label).MinBy(group => group.Value);
        return Scarcity(Name, count, validationPerClass, $"pictures of '{Splits.Train.ClassNames[label]}'") is not { } warning ? this
            : this with { Remarks = [.. Remarks, warning] };
    }

    /// <summary>Warns where more is held out for validation than is left to learn from; null where it is not.</summary>
    internal static string? Scarcity(string name, int count, int validation, string samples)
    {
        int left = Math.Max(1, count - validation);
        return left >= count - left ? null
            : $"warning: {name}: --validation {validation} leaves {left} of the {count} {samples} to learn from; give a smaller number where that is not meant.";
    }
}
