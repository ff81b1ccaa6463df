using LoraComposition.FewShot;

namespace LoraComposition.Tool;

/// <summary>What <c>evaluate</c> found.</summary>
sealed record EvaluateReport
{
    /// <summary>The model, as it was given.</summary>
    public required string Model { get; init; }

    /// <summary>The folder of the pictures, as it was given, and what the part of it that was taken is called.</summary>
    public required string Data { get; init; }

    public required string Part { get; init; }

    /// <summary>The SHA-256 over the paths and sizes of the pictures.</summary>
    public required string DataSha256 { get; init; }

    /// <summary>What the samples are.</summary>
    public SampleKind Kind { get; init; }

    public required ClassificationEvaluation Scores { get; init; }

    public required IReadOnlyList<string> ClassesWithoutPictures { get; init; }

    public required IReadOnlyList<string> IgnoredClasses { get; init; }

    /// <summary>What cannot be used and was left out.</summary>
    public required IReadOnlyList<SkippedSample> Skipped { get; init; }

    /// <summary>What readers of the result should know.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
