using System.Text.Json;

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
    public required JsonElement Configuration { get; init; }

    /// <summary>The versions of what computed.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedUtc { get; init; }

    /// <summary>The seconds it took, without saving.</summary>
    public required double Seconds { get; init; }
}
