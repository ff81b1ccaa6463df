namespace LoraComposition.FewShot;

/// <summary>One number per colour channel.</summary>
/// <param name="Red">The number for red.</param>
/// <param name="Green">The number for green.</param>
/// <param name="Blue">The number for blue.</param>
public readonly record struct RgbValues(float Red, float Green, float Blue)
{
    /// <summary>One number for all three channels.</summary>
    /// <param name="all">The number.</param>
    public RgbValues(float all) : this(all, all, all)
    {
    }

    internal float[] ToArray() => [Red, Green, Blue];
}
