using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>
/// Puts a model into evaluation mode and gradients out until it is disposed: an attached adapter may have dropout, which would make results random.
/// </summary>
internal sealed class EvaluationMode : IDisposable
{
    readonly T5Model model;
    readonly bool training;
    readonly IDisposable noGrad;

    public EvaluationMode(T5Model model)
    {
        model.ThrowIfDisposed();
        (this.model, training) = (model, model.training);
        if (training) model.eval();
        noGrad = no_grad();
    }

    public void Dispose()
    {
        if (training) model.train();
        noGrad.Dispose();
    }
}
