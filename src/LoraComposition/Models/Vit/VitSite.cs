using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>The places of a ViT's linear layers, by all the names that adapters have for them.</summary>
internal static class VitSite
{
    /// <summary>Describes a place.</summary>
    /// <param name="names">What files call the layer: since transformers 5, up to transformers 4, and others, of which one may be a fused layer.</param>
    /// <param name="role">What the layer does.</param>
    /// <param name="block">The index of the block; the number of blocks for a layer after the last one.</param>
    /// <param name="parent">The module that the layer is a child of.</param>
    /// <param name="child">The name under which the child is registered.</param>
    /// <param name="get">Reads the parent's field.</param>
    /// <param name="set">Writes the parent's field.</param>
    public static AdapterSite Of(IEnumerable<TensorSource> names, LinearRole role, int block, Module parent, string child, Func<Module<Tensor, Tensor>> get,
        Action<Module<Tensor, Tensor>> set)
    {
        TensorSource[] all = [.. names];
        return new AdapterSite(all[0].Name, all.ElementAtOrDefault(1)?.Name, role, block, parent, child, get, set) { OtherNames = [.. all.Skip(2)] };
    }
}
