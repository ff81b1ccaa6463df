using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary>How far two states of a model are apart on the same inputs.</summary>
/// <param name="Largest">The largest absolute difference of two outputs.</param>
/// <param name="Scale">The largest magnitude of the expected outputs.</param>
sealed record OutputDifference(double Largest, double Scale)
{
    /// <summary>Compares outputs of one shape.</summary>
    public static OutputDifference Between(Tensor expected, Tensor found)
    {
        using var scope = NewDisposeScope();
        return new OutputDifference(expected.sub(found).abs().max().to(ScalarType.Float64).item<double>(), expected.abs().max().to(ScalarType.Float64).item<double>());
    }

    /// <summary>The difference as a share of the scale; the difference itself where all outputs are zero.</summary>
    public double Relative => Scale > 0 ? Largest / Scale : Largest;
}
