namespace LoraComposition.Experiments;

/// <summary>How the pictures of a part of PACS are made.</summary>
public enum PacsDomain
{
    /// <summary>Paintings.</summary>
    ArtPainting,

    /// <summary>Cartoons.</summary>
    Cartoon,

    /// <summary>Photographs.</summary>
    Photo,

    /// <summary>Sketches.</summary>
    Sketch,
}
