using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>The places of a ViT's blocks, by all the names that adapters have for them.</summary>
internal static class VitSite
{
    static readonly TransformersVitLayout withoutHead = new("");
    static readonly TimmVitLayout timm = new();

    /// <summary>
    /// Describes a place. Up to transformers 4 a layer was called as its weights still are. Adapters of a ViTModel, which has no head, lack <c>vit.</c> in front;
    /// those of timm name its layers, of which one is query, key and value.
    /// </summary>
    /// <param name="name">The layer's name inside its block since transformers 5.</param>
    /// <param name="role">What the layer does.</param>
    /// <param name="block">The index of the block.</param>
    /// <param name="parent">The module that the layer is a child of.</param>
    /// <param name="child">The name under which the child is registered.</param>
    /// <param name="get">Reads the parent's field.</param>
    /// <param name="set">Writes the parent's field.</param>
    public static AdapterSite Of(string name, LinearRole role, int block, Module parent, string child, Func<Module<Tensor, Tensor>> get,
        Action<Module<Tensor, Tensor>> set)
    {
        string now = $"layers.{block}.{name}";
        return new AdapterSite("vit." + now, TransformersVitLayout.Default.Layer(block, role).Name, role, block, parent, child, get, set)
        {
            OtherNames = [new(now), withoutHead.Layer(block, role), timm.Layer(block, role)],
        };
    }
}
