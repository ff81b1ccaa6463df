using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>A parameter of a model and where a checkpoint holds it.</summary>
/// <param name="Source">The tensor in the checkpoint, or the part of one.</param>
/// <param name="Get">Reads the parameter.</param>
/// <param name="Set">Puts another parameter in its place.</param>
/// <param name="Start">What the parameter is in a new model.</param>
internal sealed record WeightSlot(TensorSource Source, Func<Parameter> Get, Action<Parameter> Set, WeightStart Start)
{
    readonly IReadOnlyList<long>? shape;

    /// <summary>The tensor's name in the checkpoint.</summary>
    public string Name => Source.Name;

    /// <summary>The shape that the checkpoint must hold; the parameter's own where nothing else is set.</summary>
    public IReadOnlyList<long> Shape { get => shape ?? Get().shape; init => shape = value; }

    /// <summary>Changes the numbers on their way from the checkpoint to the parameter; null leaves them as they are.</summary>
    public Func<Tensor, Tensor>? Convert { get; init; }

    /// <summary>The type that the parameter has where the model is loaded in one of fewer bits; null where any will do.</summary>
    public ScalarType? LeastDtype { get; init; }

    /// <summary>The parameter's type in a model of the given type.</summary>
    public ScalarType DtypeIn(ScalarType model) => LeastDtype is { } least && model.ElementSize() < least.ElementSize() ? least : model;

    /// <summary>The parameters of a linear layer that can be adapted. In a new model its bias is zero.</summary>
    /// <param name="source">Where the checkpoint holds the layer.</param>
    /// <param name="adaptable">The layer.</param>
    /// <param name="start">What its weight is in a new model.</param>
    /// <exception cref="InvalidOperationException">An adapter is attached to it: the plain layer is not what the model computes with.</exception>
    public static IEnumerable<WeightSlot> Of(TensorSource source, Module<Tensor, Tensor> adaptable, WeightStart start)
    {
        var layer = adaptable as Linear ?? throw new InvalidOperationException("An adapter is attached to the model; detach or merge it first.");
        yield return new WeightSlot(source.Weight, () => layer.weight!, p => layer.weight = p, start);
        if (layer.bias is not null) yield return new WeightSlot(source.Bias, () => layer.bias!, p => layer.bias = p, WeightStarts.Zeros);
    }

    public static IEnumerable<WeightSlot> Of(TensorSource source, LayerNorm layer)
    {
        yield return new WeightSlot(source.Weight, () => layer.weight!, p => layer.weight = p, WeightStarts.Ones);
        yield return new WeightSlot(source.Bias, () => layer.bias!, p => layer.bias = p, WeightStarts.Zeros);
    }

    public static IEnumerable<WeightSlot> Of(TensorSource source, Conv2d layer, WeightStart start)
    {
        yield return new WeightSlot(source.Weight, () => layer.weight!, p => layer.weight = p, start);
        if (layer.bias is not null) yield return new WeightSlot(source.Bias, () => layer.bias!, p => layer.bias = p, WeightStarts.Zeros);
    }

    /// <summary>The tensor of a checkpoint that holds some parameters: one, or those that are its parts.</summary>
    /// <param name="parts">The parameters that have the tensor's name.</param>
    /// <returns>The tensor, of the present scope where it was put together.</returns>
    public static Tensor Whole(IReadOnlyList<WeightSlot> parts) =>
        parts.Count == 1 ? parts[0].Get().detach() : cat([.. parts.OrderBy(slot => slot.Source.Part).Select(slot => slot.Get().detach())], 0);

    /// <summary>Puts the parameter of a new model in place.</summary>
    public void Begin(Generator generator) => Assign(Start([.. Shape], generator));

    /// <summary>Puts a loaded tensor in place, as a trainable parameter; the one that was there is disposed.</summary>
    public void Assign(Tensor value)
    {
        var old = Get();
        Set((Parameter)new Parameter(Convert is null ? value : Convert(value)).DetachFromDisposeScope());
        old.Dispose();
    }
}

/// <summary>Where a parameter lies in a checkpoint: a tensor, or one of the equal parts of a fused one, counted along its first dimension.</summary>
/// <param name="Name">The tensor's name, or that of a layer whose <see cref="Weight"/> and <see cref="Bias"/> are tensors.</param>
/// <param name="Part">Which part, from 0 on.</param>
/// <param name="Parts">How many parts there are; 1 for the whole tensor.</param>
internal sealed record TensorSource(string Name, int Part = 0, int Parts = 1)
{
    /// <summary>What stands between a layer's name and those of its tensors.</summary>
    public string Joint { get; init; } = ".";

    public TensorSource Weight => this with { Name = Name + Joint + "weight" };

    public TensorSource Bias => this with { Name = Name + Joint + "bias" };

    /// <summary>The shape of the tensor in the file, for a parameter of the given shape.</summary>
    public IReadOnlyList<long> WholeShape(IReadOnlyList<long> parameter) => Parts == 1 ? parameter : [Parts * parameter[0], .. parameter.Skip(1)];

    /// <summary>The parameter's part as a view of the tensor in the file: <c>[parts · n, …]</c> → <c>[n, …]</c>.</summary>
    public Tensor Take(Tensor whole) => Parts == 1 ? whole : whole.narrow(0, Part * (whole.shape[0] / Parts), whole.shape[0] / Parts);
}
