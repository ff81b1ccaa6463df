using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>
/// The vector of each token. Torch's own embedding draws a random table even on the meta device, in memory of the size that a config asks for, before anything
/// was compared with the file.
/// </summary>
internal sealed class T5Embedding : Module<Tensor, Tensor>
{
    Parameter weight;

    public T5Embedding(T5Config config, Device device) : base(nameof(T5Embedding))
    {
        weight = (Parameter)new Parameter(empty(config.VocabularySize, config.HiddenSize, device: device)).DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>The table, <c>[vocabulary, d]</c>.</summary>
    public Parameter Table => weight;

    /// <param name="input"><c>[batch, tokens]</c> of int64, all in the vocabulary.</param>
    /// <returns><c>[batch, tokens, d]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return weight.index_select(0, input.flatten()).reshape([.. input.shape, weight.shape[1]]).MoveToOuterDisposeScope();
    }

    public WeightSlot Slot(string path) => new(new TensorSource(path).Weight, () => weight, p => ConditionallyRegisterParameter(nameof(weight), weight = p),
        T5Initialisation.Tokens);
}
