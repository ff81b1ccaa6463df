using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>What attention reads of the tokens that are asked.</summary>
/// <param name="Keys"><c>[batch, heads, tokens, width]</c>.</param>
/// <param name="Values"><c>[batch, heads, tokens, width]</c>.</param>
internal readonly record struct KeysValues(Tensor Keys, Tensor Values)
{
    /// <summary>Makes both of other tensors.</summary>
    public KeysValues Select(Func<Tensor, Tensor> change) => new(change(Keys), change(Values));

    public void Dispose()
    {
        Keys.Dispose();
        Values.Dispose();
    }
}
