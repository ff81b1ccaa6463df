using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Tests.Support;

/// <summary>Arrow by its definition: a loop over tokens and modules, prototypes from whole matrices, the softmax by hand. Borrows the layer.</summary>
sealed class SlowArrow : Module<Tensor, Tensor>
{
    // In arrays, because what stands in a field would be registered and owned.
    readonly Linear[] layer;
    readonly Tensor[] updates;
    readonly Tensor?[] prototypes;
    readonly int topK;

    public SlowArrow(Linear layer, IReadOnlyList<LoraDelta?> modules, int topK) : base(nameof(SlowArrow))
    {
        (this.layer, this.topK) = ([layer], topK);
        updates = [.. modules.Select(m => m is null
            ? zeros(layer.out_features, layer.in_features, dtype: ScalarType.Float64)
            : m.B.to(ScalarType.Float64).matmul(m.A.to(ScalarType.Float64)).mul(m.Scaling))];
        prototypes = [.. updates.Select(u => u.any().item<bool>() ? linalg.svd(u, fullMatrices: false).Vh[0] : null)];
    }

    public Linear Borrowed => layer[0];

    public override Tensor forward(Tensor input)
    {
        var tokens = input.reshape(-1, input.shape[^1]).to(ScalarType.Float64);
        var rows = new List<Tensor>();
        for (long t = 0; t < tokens.shape[0]; t++)
        {
            var x = tokens[t];
            var best = prototypes.Index().Where(p => p.Item is not null).Select(p => (Module: p.Index, Score: Math.Abs(p.Item!.dot(x).item<double>())))
                .OrderByDescending(p => p.Score).Take(topK).ToArray();
            double sum = best.Sum(b => Math.Exp(b.Score));
            var row = layer[0].call(x.to(input.dtype)).to(ScalarType.Float64);
            foreach (var (module, score) in best) row = row.add(updates[module].mv(x).mul(Math.Exp(score) / sum));
            rows.Add(row);
        }
        return stack(rows, 0).reshape([.. input.shape[..^1], layer[0].out_features]).to(input.dtype);
    }
}
