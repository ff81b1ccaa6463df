namespace LoraComposition.Tool;

/// <summary>What <c>compose</c> did.</summary>
sealed record ComposeReport
{
    public required string Out { get; init; }
    public required ComposeForm Form { get; init; }
    public required IReadOnlyList<string> Adapters { get; init; }

    /// <summary>The number of layers that the composition changes.</summary>
    public required int Layers { get; init; }

    /// <summary>The rank of each layer of the written adapter; null for a checkpoint.</summary>
    public IReadOnlyDictionary<string, long>? Ranks { get; init; }

    /// <summary>What compressing did to each layer; null where nothing was compressed.</summary>
    public IReadOnlyList<LayerCompression>? Compression { get; init; }

    /// <summary>The outputs of the compressed composition against those of the exact one; null where nothing was compressed.</summary>
    public OutputDifference? CompressionError { get; init; }

    /// <summary>The outputs of what was written and read again against those of the composition in memory.</summary>
    public required OutputDifference WrittenError { get; init; }

    /// <summary>What readers of the result should know.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
