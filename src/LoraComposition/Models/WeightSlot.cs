using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>A parameter of a model and where a checkpoint holds it.</summary>
/// <param name="Source">The tensor in the checkpoint, or the part of one.</param>
/// <param name="Get">Reads the parameter.</param>
/// <param name="Set">Puts another parameter in its place.</param>
internal sealed record WeightSlot(TensorSource Source, Func<Parameter> Get, Action<Parameter> Set)
{
    readonly IReadOnlyList<long>? shape;

    /// <summary>The tensor's name in the checkpoint.</summary>
    public string Name => Source.Name;

    /// <summary>The shape that the checkpoint must hold; the parameter's own where nothing else is set.</summary>
    public IReadOnlyList<long> Shape { get => shape ?? Get().shape; init => shape = value; }

    /// <summary>Changes the numbers on their way from the checkpoint to the parameter; null leaves them as they are.</summary>
    public Func<Tensor, Tensor>? Convert { get; init; }

    public static IEnumerable<WeightSlot> Of(TensorSource source, Linear layer)
    {
        yield return new WeightSlot(source.Weight, () => layer.weight!, p => layer.weight = p);
        if (layer.bias is not null) yield return new WeightSlot(source.Bias, () => layer.bias!, p => layer.bias = p);
    }

    public static IEnumerable<WeightSlot> Of(TensorSource source, LayerNorm layer)
    {
        yield return new WeightSlot(source.Weight, () => layer.weight!, p => layer.weight = p);
        yield return new WeightSlot(source.Bias, () => layer.bias!, p => layer.bias = p);
    }

    public static IEnumerable<WeightSlot> Of(TensorSource source, Conv2d layer)
    {
        yield return new WeightSlot(source.Weight, () => layer.weight!, p => layer.weight = p);
        yield return new WeightSlot(source.Bias, () => layer.bias!, p => layer.bias = p);
    }

    /// <summary>Puts a loaded tensor in place, as a trainable parameter.</summary>
    public void Assign(Tensor value) => Set((Parameter)new Parameter(Convert is null ? value : Convert(value)).DetachFromDisposeScope());
}
