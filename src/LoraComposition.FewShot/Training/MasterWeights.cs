using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// Float32 copies of 16-bit parameters, which the optimizer changes in their place: a 16-bit number cannot take the small steps of training.
/// Parameters of other types pass through as they are.
/// </summary>
internal sealed class MasterWeights : IDisposable
{
    readonly List<(Parameter Model, Parameter Master)> pairs = [];

    /// <summary>The parameters for the optimizer in place of the given ones.</summary>
    public IReadOnlyList<Parameter> For(IReadOnlyList<Parameter> parameters) => parameters.Select(parameter =>
    {
        if (parameter.dtype.ElementSize() > 2) return parameter;
        using var value = parameter.detach();
        var master = (Parameter)new Parameter(value.to(ScalarType.Float32)).DetachFromDisposeScope();
        pairs.Add((parameter, master));
        return master;
    }).ToArray();

    /// <summary>Hands the gradients over, before clipping and the optimizer's step.</summary>
    public void TakeGradients()
    {
        foreach (var (model, master) in pairs)
        {
            if (model.grad is not { } gradient) continue;
            master.grad = gradient.to(ScalarType.Float32);
            model.grad = null;
        }
    }

    /// <summary>Rounds the changed copies back into the model, after the optimizer's step or after an old state was put back.</summary>
    public void GiveBack()
    {
        using var noGrad = no_grad();
        foreach (var (model, master) in pairs) model.copy_(master);
    }

    public void Dispose()
    {
        foreach (var (_, master) in pairs) master.Dispose();
    }
}
