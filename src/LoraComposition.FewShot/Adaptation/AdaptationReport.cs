namespace LoraComposition.FewShot;

/// <summary>What an adaptation tried, on which images, and what came out.</summary>
public sealed record AdaptationReport
{
    /// <summary>The method that was chosen: the highest validation accuracy, between equals the lowest loss, then the fewest trained numbers.</summary>
    public required string Chosen { get; init; }

    /// <summary>The outcome in a few sentences.</summary>
    public string Verdict => AdaptationVerdict.Of(this);

    /// <summary>Every method, in the order in which they were tried.</summary>
    public required IReadOnlyList<MethodResult> Methods { get; init; }

    /// <summary>The chosen method against each of the others.</summary>
    public required IReadOnlyList<MethodComparison> Comparisons { get; init; }

    /// <summary>The number of validation images.</summary>
    public required int ValidationCount { get; init; }

    /// <summary>The chosen model on the test images; null where the data have none.</summary>
    public required TestScore? Test { get; init; }

    /// <summary>What was short, where something was.</summary>
    public required string? Warning { get; init; }

    /// <summary>The classes in the order of the labels.</summary>
    public required IReadOnlyList<ClassSamples> Classes { get; init; }

    /// <summary>The files learned from, from the folder of the training images.</summary>
    public required IReadOnlyList<string> TrainingFiles { get; init; }

    /// <summary>The files held out.</summary>
    public required IReadOnlyList<string> ValidationFiles { get; init; }

    /// <summary>The SHA-256 of the base's weights and of each adapter's, and the fingerprints of the data, by name.</summary>
    public required IReadOnlyDictionary<string, string> Inputs { get; init; }

    /// <summary>Every setting, the seed among them.</summary>
    public required AdaptationConfiguration Configuration { get; init; }

    /// <summary>The versions of what computed.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedUtc { get; init; }

    /// <summary>The seconds it took, without saving.</summary>
    public required double Seconds { get; init; }
}

/// <summary>Every setting of an adaptation.</summary>
public sealed record AdaptationConfiguration
{
    /// <summary>The seed of the draw of images, of random starts and of the order of the samples.</summary>
    public required int Seed { get; init; }

    /// <summary>The images per class to learn from, K.</summary>
    public required int Shots { get; init; }

    /// <summary>The most further images of each class that are held out.</summary>
    public required int ValidationPerClass { get; init; }

    /// <summary>The names of the methods that were tried.</summary>
    public required IReadOnlyList<string> Methods { get; init; }

    /// <summary>The settings of the methods.</summary>
    public required TuningOptions Tuning { get; init; }

    /// <summary>How images were made ready for the model.</summary>
    public required ImagePreprocessing Preprocessing { get; init; }

    /// <summary>What computed.</summary>
    public required string Device { get; init; }
}
