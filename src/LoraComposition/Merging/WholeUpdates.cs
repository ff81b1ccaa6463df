using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>The updates of a layer as matrices [out, in] that are multiplied out a block of rows at a time.</summary>
internal static class WholeUpdates
{
    /// <summary>Those of the modules that adapt the layer. Their factors are owned by the present dispose scope.</summary>
    public static MatrixRows[] Of(MergeLayer layer) => [.. layer.Present.Select(n => Of(layer, n))];

    /// <summary>That of one module. Its factors are owned by the present dispose scope.</summary>
    public static MatrixRows Of(MergeLayer layer, int module)
    {
        using var delta = layer.Read(module);
        return MatrixRows.Of(delta);
    }

    /// <summary>The sum of what becomes of each update, block by block.</summary>
    /// <param name="layer">The modules' updates.</param>
    /// <param name="change">Gets a module, a block's place and the block, and says what becomes of it; what it makes stays in the present dispose scope.</param>
    public static LayerUpdate Sum(MergeLayer layer, Func<int, MatrixRows, Func<(long Start, long Count), Tensor, Tensor>> change)
    {
        var sum = zeros(layer.OutFeatures, layer.InFeatures, dtype: layer.Dtype);
        foreach (int n in layer.Present)
        {
            using var scope = NewDisposeScope();
            var module = Of(layer, n);
            var changed = change(n, module);
            foreach (var rows in MatrixRows.Blocks(module.Rows, module.Columns))
            {
                using var inner = NewDisposeScope();
                sum.narrow(0, rows.Start, rows.Count).add_(changed(rows, module.Block(rows)), HeldScalars.One);
            }
        }
        return new LayerUpdate(sum);
    }
}
