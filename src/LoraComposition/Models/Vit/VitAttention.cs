using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>Multi-head self-attention whose four projections can be adapted.</summary>
internal sealed class VitAttention : Module<Tensor, Tensor>
{
    static readonly LinearRole[] all = [LinearRole.Query, LinearRole.Key, LinearRole.Value, LinearRole.Output];

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
        long batch = from.shape[0], width = from.shape[2];
        // [batch·tokens, d]: with two dimensions torch adds a layer's bias within the product, with three in an operation of its own.
        var all = to.reshape(-1, width);
        var asking = ReferenceEquals(from, to) ? all : from.reshape(-1, width);
        using var together = SharedInput.Of(all, query, key, value);
        var (q, k, v) = (Split(query.call(asking), batch), Split(key.call(all), batch), Split(value.call(all), batch));
        var mixed = AttentionKernel.Attend(q, k, v);
        // [batch, heads, asking, d/heads] → [batch·asking, d]
        return output.call(mixed.transpose(1, 2).reshape(-1, width)).view(batch, -1, width).MoveToOuterDisposeScope();
    }

    /// <summary>The layer of a role, plain or adapted.</summary>
    public Module<Tensor, Tensor> Layer(LinearRole role) => role switch
    {
        LinearRole.Query => query,
        LinearRole.Key => key,
        LinearRole.Value => value,
        _ => output,
    };

    /// <param name="source">Where the checkpoint holds the layer of a role.</param>
    public IEnumerable<WeightSlot> Slots(Func<LinearRole, TensorSource> source) => new (LinearRole Role, Module<Tensor, Tensor> Layer)[]
    {
        (LinearRole.Query, query), (LinearRole.Key, key), (LinearRole.Value, value), (LinearRole.Output, output),
    }.SelectMany(part => WeightSlot.Of(source(part.Role), part.Layer, VitInitialisation.Normal));

    /// <param name="names">What files call the layer of a role.</param>
    /// <param name="layer">The index of the block.</param>
    /// <param name="roles">The layers; all four where not given.</param>
    public IEnumerable<AdapterSite> Sites(Func<LinearRole, IEnumerable<TensorSource>> names, int layer, IReadOnlyList<LinearRole>? roles = null) =>
        (roles ?? all).Select(role => role switch
        {
            LinearRole.Query => VitSite.Of(names(role), role, layer, this, nameof(query), () => query, m => query = m),
            LinearRole.Key => VitSite.Of(names(role), role, layer, this, nameof(key), () => key, m => key = m),
            LinearRole.Value => VitSite.Of(names(role), role, layer, this, nameof(value), () => value, m => value = m),
            _ => VitSite.Of(names(role), role, layer, this, nameof(output), () => output, m => output = m),
        });

    // [batch·tokens, d] → [batch, heads, tokens, d/heads]
    Tensor Split(Tensor x, long batch) => x.view(batch, -1, headCount, x.shape[1] / headCount).transpose(1, 2);
}
