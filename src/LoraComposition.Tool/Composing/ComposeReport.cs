using System.Text.Json.Serialization;
using static TorchSharp.torch;

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

    /// <summary>The name of the adapter whose saved head was kept; null where none was.</summary>
    public string? Head { get; init; }

    /// <summary>Says whose head was kept, for people; null where none was.</summary>
    [JsonIgnore]
    public string? HeadStatement { get; init; }

    /// <summary>What readers of the result should know.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Those of the warnings that name an adapter that changes nothing.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> ZeroWarnings { get; init; } = [];
}

/// <summary>How far two states of a model are apart on the same inputs.</summary>
/// <param name="Largest">The largest absolute difference of two outputs.</param>
/// <param name="Scale">The largest magnitude of the expected outputs.</param>
sealed record OutputDifference(double Largest, double Scale)
{
    /// <summary>Compares outputs of one shape.</summary>
    public static OutputDifference Between(Tensor expected, Tensor found)
    {
        using var scope = NewDisposeScope();
        return new OutputDifference(expected.sub(found).abs().max().to(ScalarType.Float64).item<double>(),
            expected.abs().max().to(ScalarType.Float64).item<double>());
    }

    /// <summary>Whether outputs are numbers to compare.</summary>
    public static bool IsFinite(Tensor outputs) => outputs.isfinite().all().item<bool>();

    /// <summary>The difference as a share of the scale; the difference itself where all outputs are zero.</summary>
    public double Relative => Scale > 0 ? Largest / Scale : Largest;
}
