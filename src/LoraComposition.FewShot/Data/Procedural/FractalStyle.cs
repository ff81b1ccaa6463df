namespace LoraComposition.FewShot.Data.Procedural;

/// <summary>How the shapes of a <see cref="FractalDataset"/> are drawn. Classes are the same in every style.</summary>
public enum FractalStyle
{
    /// <summary>Every visited point brightens its pixel.</summary>
    Points,
}
