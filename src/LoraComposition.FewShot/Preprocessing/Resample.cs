namespace LoraComposition.FewShot;

/// <summary>How pictures are resized; the numbers are Pillow's. Both are antialiased: the filter widens as a picture shrinks.</summary>
public enum Resample
{
    /// <summary>The triangle filter, over 2 × 2 pixels when enlarging.</summary>
    Bilinear = 2,

    /// <summary>The cubic filter with a = −0.5, over 4 × 4 pixels when enlarging.</summary>
    Bicubic = 3,
}
