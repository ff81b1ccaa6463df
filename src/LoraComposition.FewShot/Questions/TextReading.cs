namespace LoraComposition.FewShot;

/// <summary>How texts are written for a model, as its folder says it.</summary>
/// <param name="Template">The <see cref="IPromptTemplate.Name"/> of one of <see cref="OwnTextTemplates"/> or <see cref="CrossFitTemplates"/>.</param>
/// <param name="Lengths">The most tokens; longer texts lose their end.</param>
public sealed record TextReading(string Template, TextLengths Lengths)
{
    static readonly IReadOnlyList<IPromptTemplate> known = [OwnTextTemplates.Classification, OwnTextTemplates.MultipleChoice, CrossFitTemplates.Arc, CrossFitTemplates.CommonsenseQa,
        CrossFitTemplates.SciQ, CrossFitTemplates.Quail];

    /// <summary>How one's own texts are written by default.</summary>
    /// <param name="labelled">Whether all have the same choices, which are their labels.</param>
    /// <returns>The reading.</returns>
    public static TextReading Own(bool labelled) => new((labelled ? OwnTextTemplates.Classification : OwnTextTemplates.MultipleChoice).Name, new TextLengths());

    /// <summary>The template.</summary>
    /// <returns>The library's template of that name.</returns>
    /// <exception cref="NotSupportedException">The library has none of that name.</exception>
    public IPromptTemplate ToTemplate() => known.FirstOrDefault(template => template.Name == Template)
        ?? throw new NotSupportedException($"There is no template '{Template}'; the library has {string.Join(", ", known.Select(template => template.Name))}.");

    /// <summary>Says what cannot be, null where everything can.</summary>
    internal string? Problem() => !known.Any(template => template.Name == Template) ? $"expected a template of {string.Join(", ", known.Select(template => template.Name))}, found '{Template}'"
        : Lengths.Input < 1 || Lengths.Answer < 1 ? "expected texts and answers of at least one token" : null;
}
