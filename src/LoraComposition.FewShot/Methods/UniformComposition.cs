using LoraComposition.Adapters;
using LoraComposition.Attachments;
using LoraComposition.Models.Vit;

namespace LoraComposition.FewShot.Methods;

/// <summary>The mean of the modules' updates, fixed; the head trains over it (section 4.1 of arXiv:2402.15414).</summary>
public sealed class UniformComposition : ITuningMethod
{
    /// <inheritdoc/>
    public string Name => "uniform";

    /// <inheritdoc/>
    public BackboneStart Start => BackboneStart.UniformComposition;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public ITuning Begin(VisionTransformer model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed) =>
        new BodyTuning(null, Composition.AttachUniform(model, modules));
}
