using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// Small parameters laid one behind the other in one tensor, so that AdamW takes them in one go: it needs a dozen operations for each tensor, and the factors of a
/// LoRA or the vectors of a composition are dozens of tensors. While it lives the parameters are parts of that tensor; afterwards each has memory of its own again.
/// </summary>
/// <remarks>Element by element AdamW computes the same. Not thread-safe.</remarks>
internal sealed class FlatParameters : IDisposable
{
    /// <summary>Up to how many numbers a parameter is laid beside others: for larger ones the operations' number is nothing to what they compute.</summary>
    public const long LargestPart = 1 << 18;

    readonly (Parameter Parameter, long Offset, long Length)[] parts;
    readonly List<(Parameter Parameter, Tensor Value)> unmoved = [];

    /// <param name="parameters">At least one, of one type and on one device. Not owned.</param>
    public FlatParameters(IReadOnlyList<Parameter> parameters)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Whole = (Parameter)new Parameter(cat([.. parameters.Select(p => p.detach().reshape(-1))])).DetachFromDisposeScope();
        var memory = Whole.detach();
        parts = new (Parameter, long, long)[parameters.Count];
        long offset = 0;
        foreach (var (i, parameter) in parameters.Index())
        {
            parts[i] = (parameter, offset, parameter.numel());
            parameter.set_(memory.narrow(0, offset, parts[i].Length).view(parameter.shape));
            offset += parts[i].Length;
        }
    }

    /// <summary>All of them, <c>[numbers]</c>. Owned by this object.</summary>
    public Parameter Whole { get; }

    /// <summary>The parameters, in the order in which they lie.</summary>
    public IEnumerable<Parameter> Parameters => parts.Select(part => part.Parameter);

    /// <summary>What belongs to each parameter of a tensor that is laid out as <see cref="Whole"/> is.</summary>
    /// <param name="whole"><c>[numbers]</c>.</param>
    /// <returns>Views of the parameters' shapes, in their order. The caller's dispose scope owns them.</returns>
    public IEnumerable<Tensor> PartsOf(Tensor whole) => parts.Select(part => whole.narrow(0, part.Offset, part.Length).view(part.Parameter.shape));

    /// <summary>Takes the gradients over from the parameters. One without a gradient is left as it is by the step, as AdamW leaves it.</summary>
    public void TakeGradients()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Tensor?[] gradients = [.. parts.Select(part => part.Parameter.grad)];
        if (gradients.All(gradient => gradient is null))
        {
            Whole.grad = null;
            return;
        }
        for (int i = 0; i < parts.Length; i++)
            if (gradients[i] is null)
            {
                unmoved.Add((parts[i].Parameter, parts[i].Parameter.detach().clone().DetachFromDisposeScope()));
                gradients[i] = zeros_like(parts[i].Parameter);
            }
        Whole.grad = cat([.. gradients.Select(gradient => gradient!.reshape(-1))]);
        foreach (var part in parts) part.Parameter.grad = null;
    }

    /// <summary>Ends the step.</summary>
    public void DropGradients()
    {
        using var noGrad = no_grad();
        foreach (var (parameter, value) in unmoved)
        {
            parameter.copy_(value);
            value.Dispose();
        }
        unmoved.Clear();
        Whole.grad = null;
    }

    public void Dispose()
    {
        using (no_grad())
        using (NewDisposeScope())
        {
            // A parameter that was disposed meanwhile, with its model, needs none.
            foreach (var part in parts.Where(part => !part.Parameter.IsInvalid)) part.Parameter.set_(part.Parameter.detach().clone());
        }
        Whole.Dispose();
    }
}
