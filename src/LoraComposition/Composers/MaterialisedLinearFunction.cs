using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition;

/// <summary>
/// S linear layers of one shape and over one input, often one, through an already materialised weight, with the gradient of the composition's weights
/// taken either from the thin products, <c>∂L/∂w̃ = Σ over tokens of (x·Aᵀ)∘(∂y·B)</c>, or from that of the weight, <c>∂L/∂w̃ = Σ over outputs of ((∂yᵀ·x)·Aᵀ)∘B</c>.
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
    /// <param name="weight">The materialised weight <c>[S·out, in]</c>, without a graph.</param>
    /// <param name="bias">The frozen bias <c>[S·out]</c>, where there is one.</param>
    /// <param name="spread">The weight of each stacked rank <c>[S, R]</c>; receives a gradient.</param>
    /// <param name="a">The frozen factors <c>[S, R, in]</c>.</param>
    /// <param name="b">The frozen factors <c>[S, out, R]</c>.</param>
    /// <param name="order">One of the two materialised orders.</param>
    /// <param name="kept">Gets the weight's memory back when the backward pass is done with it.</param>
    /// <param name="failure">Is told why the backward pass failed, where it did.</param>
    /// <returns><c>[…, S·out]</c>.</returns>
    public static Tensor Apply(
        Tensor input, Tensor weight, Tensor? bias, Tensor spread, Tensor a, Tensor b, EvaluationOrder order, KeptMemory kept, BackwardFailure failure) =>
        apply(input, weight, bias!, spread, a, b, order, kept, failure);

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
            // [tokens, in] and [tokens, S·out]; the gradient often comes transposed, so it is laid out once for all products.
            var (x, dy) = (input.reshape(-1, input.shape[^1]), grad_output.reshape(-1, grad_output.shape[^1]));
            Tensor? inputGradient = (bool)ctx.get_data("input needs gradient") ? dy.mm(weight).view(input.shape) : null;
            ((KeptMemory)ctx.get_data("kept")).Return(weight);
            long layers = a.shape[0], rank = a.shape[1], outFeatures = b.shape[1];
            var spreadGradient = (EvaluationOrder)ctx.get_data("order") == EvaluationOrder.MaterialisedByTokens
                // [S, tokens, out]·[S, out, R]∘[S, tokens, R] → [S, R]
                ? dy.view(-1, layers, outFeatures).transpose(0, 1).bmm(b).mul_(x.mm(a.view(layers * rank, -1).t()).view(-1, layers, rank).transpose(0, 1)).sum(1L)
                // [S, out, in]·[S, in, R]∘[S, out, R] → [S, R]
                : dy.t().mm(x).view(layers, outFeatures, -1).bmm(a.transpose(1, 2)).mul_(b).sum(1L);
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
