namespace LoraComposition.Tool;

/// <summary>What <c>export</c> did.</summary>
sealed record ExportReport
{
    public required string Out { get; init; }

    public required long Bytes { get; init; }

    /// <summary>What is computed in: float32 or float16.</summary>
    public required string Dtype { get; init; }

    public required int Opset { get; init; }

    /// <summary>The name of the pixels, and their sizes after the batch's.</summary>
    public required string Input { get; init; }

    public required IReadOnlyList<int> InputShape { get; init; }

    /// <summary>The name of the logits or features, and their size after the batch's.</summary>
    public required string Output { get; init; }

    public required IReadOnlyList<int> OutputShape { get; init; }

    /// <summary>The names of the classes; empty for features.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>What readers of the result should know.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
