using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Where a parameter lies in a checkpoint: a tensor, or one of the equal parts of a fused one, counted along its first dimension.</summary>
/// <param name="Name">The tensor's name, or that of a layer whose <see cref="Weight"/> and <see cref="Bias"/> are tensors.</param>
/// <param name="Part">Which part, from 0 on.</param>
/// <param name="Parts">How many parts there are; 1 for the whole tensor.</param>
internal sealed record TensorSource(string Name, int Part = 0, int Parts = 1)
{
    public TensorSource Weight => this with { Name = Name + ".weight" };

    public TensorSource Bias => this with { Name = Name + ".bias" };

    /// <summary>The shape of the tensor in the file, for a parameter of the given shape.</summary>
    public IReadOnlyList<long> WholeShape(IReadOnlyList<long> parameter) => Parts == 1 ? parameter : [Parts * parameter[0], .. parameter.Skip(1)];

    /// <summary>The parameter's part as a view of the tensor in the file: <c>[parts · n, …]</c> → <c>[n, …]</c>.</summary>
    public Tensor Take(Tensor whole) => Parts == 1 ? whole : whole.narrow(0, Part * (whole.shape[0] / Parts), whole.shape[0] / Parts);
}
