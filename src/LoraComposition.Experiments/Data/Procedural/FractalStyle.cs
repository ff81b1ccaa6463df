namespace LoraComposition.Experiments;

/// <summary>How the shapes of a <see cref="FractalDataset"/> are drawn: the domains of a covariate shift. Classes are the same in every style.</summary>
public enum FractalStyle
{
    /// <summary>Every visited point brightens its pixel: a bright cloud of points on a dark ground.</summary>
    Points,

    /// <summary>Thin dark contours on bright paper.</summary>
    Sketch,

    /// <summary>Regions of few flat colours with a dark outline, on a flat ground.</summary>
    Cartoon,

    /// <summary>Soft shapes of changing colour on a ground of brush strokes.</summary>
    Painting,
}
