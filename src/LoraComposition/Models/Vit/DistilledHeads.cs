using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>
/// The two heads of a distilled model as the halves of one. Checkpoints hold a head for each of the two tokens, and the answer is the mean of theirs,
/// <c>½(V·c + a) + ½(W·t + b)</c>; the model has one head for both tokens together, <c>[½V ½W]·[c; t] + ½(a + b)</c>, so that it is trained and replaced as any other.
/// Factors of 2 are exact. The two biases are kept beside their mean, to be written again as they were while that is the same; else both are written as the mean.
/// </summary>
/// <remarks>Owns the two biases, not the head.</remarks>
internal sealed class DistilledHeads : IDisposable
{
    readonly Parameter?[] weights = new Parameter?[2], biases = new Parameter?[2];

    /// <summary>The tensors of the two heads.</summary>
    /// <param name="layout">What they are called.</param>
    /// <param name="head">The model's head, weight <c>[classes, 2d]</c>.</param>
    /// <exception cref="InvalidOperationException">An adapter is attached to it.</exception>
    public IEnumerable<WeightSlot> Slots(VitLayout layout, nn.Module<Tensor, Tensor> head)
    {
        var layer = head as Linear ?? throw new InvalidOperationException("An adapter is attached to the model; detach or merge it first.");
        TensorSource[] sources = [layout.Head, layout.DistillationHead];
        return sources.SelectMany((source, half) => new WeightSlot[]
        {
            new(source.Weight, () => Weight(layer, half), p => PutWeight(layer, half, p), VitInitialisation.Normal),
            new(source.Bias, () => Bias(layer, half), p => PutBias(layer, half, p), WeightStarts.Zeros),
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var bias in biases) bias?.Dispose();
    }

    static Parameter Weight(Linear layer, int half)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        long width = layer.in_features / 2;
        return (Parameter)new Parameter(layer.weight!.narrow(1, half * width, width).mul(2)).MoveToOuterDisposeScope();
    }

    Parameter Bias(Linear layer, int half)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var mean = layer.bias!;
        if (mean.device_type == DeviceType.META || biases is not [{ } first, { } second] || first.numel() != mean.numel()) return Owned(mean.clone());
        var given = Array.ConvertAll([first, second], bias => bias.to(mean.dtype, mean.device));
        return Owned(Mean(given[0], given[1]).equal(mean).all().item<bool>() ? given[half].clone() : mean.clone());

        static Parameter Owned(Tensor value) => (Parameter)new Parameter(value).MoveToOuterDisposeScope();
    }

    void PutWeight(Linear layer, int half, Parameter parameter)
    {
        weights[half] = parameter;
        if (weights is not [{ } first, { } second]) return;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var old = layer.weight!;
        layer.weight = (Parameter)new Parameter(cat([first, second], 1).div(2)).DetachFromDisposeScope();
        foreach (var done in new[] { old, first, second }) done.Dispose();
        (weights[0], weights[1]) = (null, null);
    }

    void PutBias(Linear layer, int half, Parameter parameter)
    {
        biases[half] = parameter;
        if (biases is not [{ } first, { } second]) return;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var old = layer.bias!;
        layer.bias = (Parameter)new Parameter(Mean(first, second)).DetachFromDisposeScope();
        old.Dispose();
    }

    static Tensor Mean(Tensor first, Tensor second) => first.Plus(second).div(2);
}
