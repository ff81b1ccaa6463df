using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>The feed-forward part of a block, plain or gated (<see cref="T5FeedForwardKind"/>). Its layers can be adapted.</summary>
internal sealed class T5FeedForward : Module<Tensor, Tensor>
{
    readonly T5Config config;
    readonly string path;
    Module<Tensor, Tensor>? gate;
    Module<Tensor, Tensor> enter;
    Module<Tensor, Tensor> leave;

    /// <param name="config">The shape.</param>
    /// <param name="path">The name of this part in checkpoints and adapters.</param>
    /// <param name="device">Where the parameters lie.</param>
    public T5FeedForward(T5Config config, string path, Device device) : base(nameof(T5FeedForward))
    {
        (this.config, this.path) = (config, path);
        if (config.FeedForward == T5FeedForwardKind.GatedGelu) gate = Linear(config.HiddenSize, config.IntermediateSize, false, device);
        enter = Linear(config.HiddenSize, config.IntermediateSize, false, device);
        leave = Linear(config.IntermediateSize, config.HiddenSize, false, device);
        RegisterComponents();
    }

    /// <param name="input"><c>[batch, tokens, d]</c>.</param>
    /// <returns><c>[batch, tokens, d]</c>, in the type of the last layer.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var entered = enter.call(input);
        var inner = gate is null ? functional.relu(entered) : functional.gelu(gate.call(input), TorchSharp.Modules.GELU.Approximate.tanh).mul(entered);
        return leave.call(inner.to(LeaveType)).MoveToOuterDisposeScope();
    }

    public IEnumerable<WeightSlot> Slots()
    {
        var slots = WeightSlot.Of(new TensorSource(EnterPath), enter, T5Initialisation.FromHidden(config));
        if (gate is not null) slots = WeightSlot.Of(new TensorSource(GatePath), gate, T5Initialisation.FromHidden(config)).Concat(slots);
        // 16 bits are too few for what this layer sums up: float16 overflows in the larger models.
        return slots.Concat(WeightSlot.Of(new TensorSource(LeavePath), leave, T5Initialisation.FromIntermediate(config))
            .Select(slot => slot with { LeastDtype = ScalarType.Float32 }));
    }

    public IEnumerable<AdapterSite> Sites(int layer)
    {
        if (gate is not null) yield return new AdapterSite(GatePath, null, LinearRole.FeedForwardGate, layer, this, nameof(gate), () => gate, m => gate = m);
        yield return new AdapterSite(EnterPath, null, LinearRole.FeedForwardIn, layer, this, nameof(enter), () => enter, m => enter = m);
        yield return new AdapterSite(LeavePath, null, LinearRole.FeedForwardOut, layer, this, nameof(leave), () => leave, m => leave = m);
    }

    string GatePath => path + ".wi_0";

    string EnterPath => path + (gate is null ? ".wi" : ".wi_1");

    string LeavePath => path + ".wo";

    ScalarType LeaveType => (leave is AdaptedLinear adapted ? adapted.BaseLayer : (Linear)leave).weight!.dtype;
}

/// <summary>What a T5 block computes after attention.</summary>
public enum T5FeedForwardKind
{
    /// <summary><c>wo·relu(wi·x)</c>, as T5 1.0.</summary>
    Relu,

    /// <summary><c>wo·(gelu(wi_0·x) ∘ wi_1·x)</c> with the tanh approximation of GELU, as T5 1.1 and Flan-T5.</summary>
    GatedGelu,
}
