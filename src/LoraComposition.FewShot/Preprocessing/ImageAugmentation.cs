namespace LoraComposition.FewShot;

/// <summary>How pictures are changed each time they are learned from.</summary>
public enum ImageAugmentation
{
    /// <summary>They are not.</summary>
    None,

    /// <summary>Every second one is mirrored left to right. Leave it out where the side carries meaning, as in script.</summary>
    Flip,

    /// <summary>As <see cref="Flip"/>, and cropped at random: moved by up to an eighth of its side in each direction, what then is missing mirrored at the edge.</summary>
    FlipAndCrop,
}
