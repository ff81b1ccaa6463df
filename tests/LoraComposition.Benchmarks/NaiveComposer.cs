using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Benchmarks;

/// <summary>What the formula says, term by term: a loop over the modules. The mark to beat.</summary>
sealed class NaiveComposer : Module<Tensor, Tensor>
{
    readonly Linear base_layer;
    readonly LoraDelta[] deltas;
    readonly Parameter v;

    public NaiveComposer(Linear baseLayer, IReadOnlyList<LoraDelta> deltas) : base(nameof(NaiveComposer))
    {
        base_layer = baseLayer;
        this.deltas = [.. deltas];
        v = new Parameter(zeros(deltas.Count));
        RegisterComponents();
    }

    public Parameter Logits => v;

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var weights = v.softmax(0);
        var output = base_layer.call(input);
        for (int n = 0; n < deltas.Length; n++)
            output = output.add(functional.linear(functional.linear(input, deltas[n].A), deltas[n].B).mul(weights[n].mul(deltas[n].Scaling)));
        return output.MoveToOuterDisposeScope();
    }
}
