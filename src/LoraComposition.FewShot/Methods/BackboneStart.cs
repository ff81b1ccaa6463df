namespace LoraComposition.FewShot.Methods;

/// <summary>What the backbone computes before anything but the head has been trained. Methods with the same start share the features of the warm-up.</summary>
public enum BackboneStart
{
    /// <summary>The foundation as it is.</summary>
    Foundation,

    /// <summary>The foundation with the uniform composition of the modules.</summary>
    UniformComposition,
}
