using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Tests.Conventions.BadSamples;

/// <summary>A module that forgot to register its weight.</summary>
sealed class Forgetful(double weight) : Module<Tensor, Tensor>("Forgetful")
{
    readonly Tensor weight = full(2, weight).DetachFromDisposeScope();

    public override Tensor forward(Tensor input) => input.mul(weight);
}
