using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>One tensor of a checkpoint and the parameter of the model that holds it.</summary>
/// <param name="Name">The tensor's name in the checkpoint.</param>
/// <param name="Get">Reads the parameter.</param>
/// <param name="Set">Puts another parameter in its place.</param>
internal sealed record WeightSlot(string Name, Func<Parameter> Get, Action<Parameter> Set)
{
    public IReadOnlyList<long> Shape => Get().shape;

    public static IEnumerable<WeightSlot> Of(string prefix, Linear layer)
    {
        yield return new WeightSlot(prefix + ".weight", () => layer.weight!, p => layer.weight = p);
        if (layer.bias is not null) yield return new WeightSlot(prefix + ".bias", () => layer.bias!, p => layer.bias = p);
    }

    public static IEnumerable<WeightSlot> Of(string prefix, LayerNorm layer)
    {
        yield return new WeightSlot(prefix + ".weight", () => layer.weight!, p => layer.weight = p);
        yield return new WeightSlot(prefix + ".bias", () => layer.bias!, p => layer.bias = p);
    }

    public static IEnumerable<WeightSlot> Of(string prefix, Conv2d layer)
    {
        yield return new WeightSlot(prefix + ".weight", () => layer.weight!, p => layer.weight = p);
        yield return new WeightSlot(prefix + ".bias", () => layer.bias!, p => layer.bias = p);
    }

    /// <summary>Puts a loaded tensor in place, as a trainable parameter.</summary>
    public void Assign(Tensor value) => Set((Parameter)new Parameter(value).DetachFromDisposeScope());
}
