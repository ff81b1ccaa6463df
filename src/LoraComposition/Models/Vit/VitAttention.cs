using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>Multi-head self-attention whose four projections can be adapted.</summary>
internal sealed class VitAttention : Module<Tensor, Tensor>
{
    readonly int headCount;
    Module<Tensor, Tensor> query;
    Module<Tensor, Tensor> key;
    Module<Tensor, Tensor> value;
    Module<Tensor, Tensor> output;

    public VitAttention(VitConfig config, Device device) : base(nameof(VitAttention))
    {
        long width = config.HiddenSize;
        headCount = config.HeadCount;
        query = Linear(width, width, config.QkvBias, device);
        key = Linear(width, width, config.QkvBias, device);
        value = Linear(width, width, config.QkvBias, device);
        output = Linear(width, width, true, device);
        RegisterComponents();
    }

    /// <param name="input"><c>[batch, tokens, d]</c>.</param>
    /// <returns><c>[batch, tokens, d]</c>.</returns>
    public override Tensor forward(Tensor input) => Attend(input, input);

    /// <summary>Attention of some tokens to all.</summary>
    /// <param name="from">The tokens that ask, <c>[batch, asking, d]</c>.</param>
    /// <param name="to">All tokens, <c>[batch, tokens, d]</c>.</param>
    /// <returns><c>[batch, asking, d]</c>.</returns>
    public Tensor Attend(Tensor from, Tensor to)
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = (Split(query.call(from)), Split(key.call(to)), Split(value.call(to)));
        var mixed = AttentionKernel.Attend(q, k, v);
        // [batch, heads, asking, d/heads] → [batch, asking, d]
        return output.call(mixed.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    public IEnumerable<WeightSlot> Slots(VitLayout layout, int block) => new (LinearRole Role, Module<Tensor, Tensor> Layer)[]
    {
        (LinearRole.Query, query), (LinearRole.Key, key), (LinearRole.Value, value), (LinearRole.Output, output),
    }.SelectMany(part => WeightSlot.Of(layout.Layer(block, part.Role), part.Layer, VitInitialisation.Normal));

    public IEnumerable<AdapterSite> Sites(int layer)
    {
        const string Part = "attention.";
        yield return VitSite.Of(Part + "q_proj", LinearRole.Query, layer, this, nameof(query), () => query, m => query = m);
        yield return VitSite.Of(Part + "k_proj", LinearRole.Key, layer, this, nameof(key), () => key, m => key = m);
        yield return VitSite.Of(Part + "v_proj", LinearRole.Value, layer, this, nameof(value), () => value, m => value = m);
        yield return VitSite.Of(Part + "o_proj", LinearRole.Output, layer, this, nameof(output), () => output, m => output = m);
    }

    // [batch, tokens, d] → [batch, heads, tokens, d/heads]
    Tensor Split(Tensor x) => x.view(x.shape[0], x.shape[1], headCount, -1).transpose(1, 2);
}
