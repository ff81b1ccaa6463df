using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary>The command line of <c>compose</c>, read and checked.</summary>
sealed record ComposeSettings
{
    /// <summary>The base model's folder; null where the adapters are composed without one.</summary>
    public required string? Base { get; init; }
    public required IReadOnlyList<string> Adapters { get; init; }
    public required WeightChoice Weights { get; init; }

    /// <summary>How the weighted updates are composed; null for the mean, or for the sum where weights are given.</summary>
    public MethodChoice? Method { get; init; }
    public required ComposeForm Form { get; init; }

    /// <summary>How far the adapter is compressed; null for the exact one.</summary>
    public required RankTarget? Compression { get; init; }
    public required string Out { get; init; }

    /// <summary>Whether the composition is taken out of the base's weights, into which it was merged.</summary>
    public bool Unmerge { get; init; }

    /// <summary>The folder of a checkpoint to compare the written one with; null where nothing is compared.</summary>
    public string? CompareWith { get; init; }

    /// <summary>Whether files in the folder may be replaced.</summary>
    public required bool Replace { get; init; }
    public required ModuleSpelling Spelling { get; init; }

    /// <summary>Without a base model: whether adapters that name different base models are composed all the same.</summary>
    public bool AnyBase { get; init; }

    /// <summary>The adapter whose saved modules are kept; null for those that all have alike.</summary>
    public string? SavedFrom { get; init; }

    /// <summary>Whether saved modules are left out.</summary>
    public bool DropSaved { get; init; }

    /// <summary>The type of the numbers in the written file; null for the one that goes without saying.</summary>
    public required ScalarType? Dtype { get; init; }

    /// <summary>The type of the numbers in an adapter.</summary>
    public ScalarType AdapterDtype => Dtype ?? ScalarType.Float32;
}

/// <summary>What <c>compose</c> writes.</summary>
enum ComposeForm
{
    /// <summary>One adapter in PEFT's form.</summary>
    Adapter,

    /// <summary>The whole model with the composition added to its weights.</summary>
    Checkpoint,
}
