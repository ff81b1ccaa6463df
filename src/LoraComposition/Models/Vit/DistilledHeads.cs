using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>
/// The two heads of a distilled model as the halves of one. Checkpoints hold a head for each of the two tokens, and the answer is the mean of theirs,
/// <c>½(V·c + a) + ½(W·t + b)</c>; the model has one head for both tokens together, <c>[½V ½W]·[c; t] + ½(a + b)</c>, so that it is trained and replaced as any other.
/// Factors of 2 are exact. Of the biases the mean is kept: what is written has it at both.
/// </summary>
internal static class DistilledHeads
{
    /// <summary>The tensors of the two heads.</summary>
    /// <param name="layout">What they are called.</param>
    /// <param name="head">The model's head, weight <c>[classes, 2d]</c>.</param>
    /// <exception cref="InvalidOperationException">An adapter is attached to it.</exception>
    public static IEnumerable<WeightSlot> Slots(VitLayout layout, nn.Module<Tensor, Tensor> head)
    {
        var layer = head as Linear ?? throw new InvalidOperationException("An adapter is attached to the model; detach or merge it first.");
        long width = layer.in_features / 2;
        var weight = new Halves(() => layer.weight!, whole => layer.weight = whole, (whole, half) => whole.narrow(1, half * width, width).mul(2), halves => cat([.. halves], 1).div(2));
        var bias = new Halves(() => layer.bias!, whole => layer.bias = whole, (whole, _) => whole.clone(), halves => halves[0].Plus(halves[1]).div(2));
        return
        [
            weight.Slot(layout.Head.Weight, 0, VitInitialisation.Normal), bias.Slot(layout.Head.Bias, 0, WeightStarts.Zeros),
            weight.Slot(layout.DistillationHead.Weight, 1, VitInitialisation.Normal), bias.Slot(layout.DistillationHead.Bias, 1, WeightStarts.Zeros),
        ];
    }

    /// <summary>A parameter that is taken apart and put together again when both halves are there.</summary>
    sealed class Halves(Func<Parameter> get, Action<Parameter> set, Func<Tensor, int, Tensor> take, Func<IReadOnlyList<Tensor>, Tensor> join)
    {
        readonly Parameter?[] given = new Parameter?[2];

        public WeightSlot Slot(TensorSource source, int half, WeightStart start) => new(source, () => Half(half), p => Put(half, p), start);

        Parameter Half(int half)
        {
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            return (Parameter)new Parameter(take(get(), half)).MoveToOuterDisposeScope();
        }

        void Put(int half, Parameter parameter)
        {
            given[half] = parameter;
            if (given is not [{ } first, { } second]) return;
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            var old = get();
            set((Parameter)new Parameter(join([first, second])).DetachFromDisposeScope());
            old.Dispose();
            first.Dispose();
            second.Dispose();
        }
    }
}
