namespace LoraComposition.Tool;

/// <summary>The folder of a model.</summary>
sealed record CheckpointInspection : Inspection
{
    public override string Kind => "checkpoint";

    /// <summary>The kind of model that <c>config.json</c> names, where it does.</summary>
    public required string? Model { get; init; }

    /// <summary>The files that hold the tensors.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The names of the layers that adapters can target, without their place; null where the model cannot be loaded.</summary>
    public IReadOnlyList<string>? Targets { get; init; }

    /// <summary>Why this library cannot load the model; null where it can.</summary>
    public string? Refusal { get; init; }
}
