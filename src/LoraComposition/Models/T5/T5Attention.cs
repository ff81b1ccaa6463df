using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>Multi-head attention without biases and without a scale: <c>softmax(q·kᵀ + bias)·v</c>. Its four projections can be adapted.</summary>
internal sealed class T5Attention : Module
{
    readonly T5Config config;
    readonly string path;
    readonly int headCount;
    Module<Tensor, Tensor> q;
    Module<Tensor, Tensor> k;
    Module<Tensor, Tensor> v;
    Module<Tensor, Tensor> o;

    /// <param name="config">The shape.</param>
    /// <param name="path">The name of this part in checkpoints and adapters.</param>
    /// <param name="device">Where the parameters lie.</param>
    public T5Attention(T5Config config, string path, Device device) : base(nameof(T5Attention))
    {
        (this.config, this.path, headCount) = (config, path, config.HeadCount);
        q = Linear(config.HiddenSize, config.AttentionSize, false, device);
        k = Linear(config.HiddenSize, config.AttentionSize, false, device);
        v = Linear(config.HiddenSize, config.AttentionSize, false, device);
        o = Linear(config.AttentionSize, config.HiddenSize, false, device);
        RegisterComponents();
    }

    /// <summary>Until it is disposed, learned compositions of query, key and value are evaluated together where all are called with one input.</summary>
    /// <param name="input"><c>[batch, tokens, d]</c>.</param>
    public SharedInput Sharing(Tensor input) => SharedInput.Of(input, q, k, v);

    /// <summary>The keys and values of tokens.</summary>
    /// <param name="to"><c>[batch, tokens, d]</c>.</param>
    /// <returns>The caller owns them.</returns>
    public KeysValues Project(Tensor to)
    {
        using var scope = NewDisposeScope();
        return new KeysValues(Split(k.call(to)), Split(v.call(to))).Select(tensor => tensor.MoveToOuterDisposeScope());
    }

    /// <summary>Attention of some tokens to others.</summary>
    /// <param name="from">The tokens that ask, <c>[batch, asking, d]</c>.</param>
    /// <param name="to">What is read of the tokens that are asked.</param>
    /// <param name="bias">What is added to the scores, of a shape that broadcasts to <c>[batch, heads, asking, tokens]</c>; null for nothing.</param>
    /// <returns><c>[batch, asking, d]</c>. The caller owns it.</returns>
    public Tensor Attend(Tensor from, KeysValues to, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        var mixed = AttentionKernel.Attend(Split(q.call(from)), to.Keys, to.Values, bias, scale: 1);
        // [batch, heads, asking, width] → [batch, asking, heads · width]
        return o.call(mixed.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    public IEnumerable<WeightSlot> Slots() =>
    [
        .. WeightSlot.Of(new TensorSource(path + ".q"), q, T5Initialisation.Query(config)),
        .. WeightSlot.Of(new TensorSource(path + ".k"), k, T5Initialisation.FromHidden(config)),
        .. WeightSlot.Of(new TensorSource(path + ".v"), v, T5Initialisation.FromHidden(config)),
        .. WeightSlot.Of(new TensorSource(path + ".o"), o, T5Initialisation.FromAttention(config)),
    ];

    public IEnumerable<AdapterSite> Sites(int layer)
    {
        yield return new AdapterSite(path + ".q", null, LinearRole.Query, layer, this, nameof(q), () => q, m => q = m);
        yield return new AdapterSite(path + ".k", null, LinearRole.Key, layer, this, nameof(k), () => k, m => k = m);
        yield return new AdapterSite(path + ".v", null, LinearRole.Value, layer, this, nameof(v), () => v, m => v = m);
        yield return new AdapterSite(path + ".o", null, LinearRole.Output, layer, this, nameof(o), () => o, m => o = m);
    }

    // [batch, tokens, heads · width] → [batch, heads, tokens, width]
    Tensor Split(Tensor x) => x.view(x.shape[0], x.shape[1], headCount, -1).transpose(1, 2);
}
