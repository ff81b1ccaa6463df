using LoraComposition.Experiments;

namespace CovariateShift;

/// <summary>The same classes in several domains.</summary>
interface IDomains
{
    /// <summary>The names of the domains.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Opens some of them, in the order of these names.</summary>
    IReadOnlyList<NamedImages> Open(IReadOnlyList<string> names, int validationPerClass);
}
