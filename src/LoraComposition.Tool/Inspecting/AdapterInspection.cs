namespace LoraComposition.Tool;

/// <summary>The folder of an adapter.</summary>
sealed record AdapterInspection : Inspection
{
    public override string Kind => "adapter";

    public required string Name { get; init; }

    /// <summary>The model it was trained on, where named.</summary>
    public required string? BaseModel { get; init; }

    /// <summary>The revision of that model, where named.</summary>
    public required string? Revision { get; init; }

    /// <summary>The names of the adapted layers without their place: <c>q_proj</c>, <c>v_proj</c>, …</summary>
    public required IReadOnlyList<string> Targets { get; init; }

    public required IReadOnlyList<AdapterLayer> Layers { get; init; }

    /// <summary>The number of classes of a saved head; null where there is none.</summary>
    public required long? HeadClasses { get; init; }

    /// <summary>The SHA-256 of the weights file.</summary>
    public required string? Fingerprint { get; init; }

    /// <summary>How it came about, where the file tells.</summary>
    public required AdapterProvenance? Provenance { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }
}
