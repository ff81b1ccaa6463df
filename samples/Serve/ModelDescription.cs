using LoraComposition.FewShot;

namespace Serve;

/// <summary>What the model takes and tells apart.</summary>
/// <param name="TakesTexts">Whether it takes texts; otherwise pictures.</param>
/// <param name="Classes">The classes; none where each question brings its choices.</param>
sealed record ModelDescription(bool TakesTexts, IReadOnlyList<string> Classes)
{
    /// <summary>That of the services; the model is read where it is not yet.</summary>
    public static ModelDescription Of(IServiceProvider services) => services.GetService<TextPredictor>() is { } texts
        ? new ModelDescription(true, texts.Labels) : new ModelDescription(false, services.GetRequiredService<ImagePredictor>().ClassNames);
}
