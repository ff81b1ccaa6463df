using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition;

/// <summary>
/// A linear layer through an already materialised weight, with the gradient of the composition's weights taken either from the thin products,
/// <c>∂L/∂w̃ = Σ over tokens of (x·Aᵀ)∘(∂y·B)</c>, or from that of the weight, <c>∂L/∂w̃ = Σ over outputs of ((∂yᵀ·x)·Aᵀ)∘B</c>.
/// </summary>
internal sealed class MaterialisedLinearFunction : autograd.SingleTensorFunction<MaterialisedLinearFunction>
{
    // A gradient that torch's engine refuses, for w̃ has one dimension: an exception inside a managed backward would end the process, the engine's own
    // becomes that of the caller's backward().
    static readonly Tensor refused = tensor(double.NaN).DetachFromDisposeScope();

    // What the last backward call of this thread returned. The engine has its own hold on it by the time of the next call, and this one would keep
    // the gradients of all layers alive until the caller's scope ends.
    [ThreadStatic] static Tensor[]? returned;

    public override string Name => nameof(MaterialisedLinearFunction);

    /// <summary>Applies the layer: <c>y = x·Wᵀ + b</c>.</summary>
    /// <param name="input"><c>[…, in]</c>.</param>
    /// <param name="weight">The materialised weight <c>[out, in]</c>, without a graph.</param>
    /// <param name="bias">The frozen bias <c>[out]</c>, where there is one.</param>
    /// <param name="spread">The weight of each stacked rank <c>[R]</c>; receives a gradient.</param>
    /// <param name="stack">The frozen factors.</param>
    /// <param name="order">One of the two materialised orders.</param>
    /// <param name="kept">Gets the weight's memory back when the backward pass is done with it.</param>
    /// <param name="failure">Is told why the backward pass failed, where it did.</param>
    public static Tensor Apply(
        Tensor input, Tensor weight, Tensor? bias, Tensor spread, DeltaStack stack, EvaluationOrder order, KeptMemory kept, BackwardFailure failure) =>
        apply(input, weight, bias!, spread, stack.A, stack.B, order, kept, failure);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, weight, bias, a, b) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor?)vars[2], (Tensor)vars[4], (Tensor)vars[5]);
        ctx.save_for_backward([input, weight, a, b]);
        ctx.save_data("input needs gradient", input.requires_grad);
        ctx.save_data("order", vars[6]);
        ctx.save_data("kept", vars[7]);
        ctx.save_data("failure", vars[8]);
        return functional.linear(input, weight, bias);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        try
        {
            foreach (var gradient in returned ?? []) gradient.Dispose();
            returned = null;
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var (input, weight, a, b) = (saved[0], saved[1], saved[2], saved[3]);
            // [tokens, in] and [tokens, out]; the gradient often comes transposed, so it is laid out once for all products.
            var (x, dy) = (input.reshape(-1, input.shape[^1]), grad_output.reshape(-1, grad_output.shape[^1]));
            Tensor? inputGradient = (bool)ctx.get_data("input needs gradient") ? dy.mm(weight).view(input.shape) : null;
            ((KeptMemory)ctx.get_data("kept")).Return(weight);
            var spreadGradient = (EvaluationOrder)ctx.get_data("order") == EvaluationOrder.MaterialisedByTokens
                ? x.mm(a.t()).mul_(dy.mm(b)).sum(0L)            // [tokens, R]∘[tokens, R] → [R]
                : dy.t().mm(x).mm(a.t()).mul_(b).sum(0L);       // [out, in]·[in, R]∘[out, R] → [R]
            inputGradient?.MoveToOuterDisposeScope();
            spreadGradient.MoveToOuterDisposeScope();
            returned = inputGradient is null ? [spreadGradient] : [inputGradient, spreadGradient];
            // For the same reason: nobody reads this handle any more.
            grad_output.Dispose();
            return Gradients(inputGradient, spreadGradient);
        }
        catch (Exception e)
        {
            ((BackwardFailure)ctx.get_data("failure")).Keep(e);
            return Gradients(null, refused);
        }
    }

    // Of all that Apply takes, the input and the spread weights get one.
    static List<Tensor> Gradients(Tensor? input, Tensor spread) => [input!, null!, null!, spread, null!, null!, null!, null!, null!];
}
