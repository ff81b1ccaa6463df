namespace LoraComposition.Models;

/// <summary>How adapter files name a model's layers. The transformers library renamed some models' layers in its version 5.</summary>
public enum ModuleSpelling
{
    /// <summary>The names since transformers 5, for example <c>vit.layers.0.attention.q_proj</c>.</summary>
    Transformers5,

    /// <summary>The names up to transformers 4, for example <c>vit.encoder.layer.0.attention.attention.query</c>.</summary>
    Transformers4,
}
