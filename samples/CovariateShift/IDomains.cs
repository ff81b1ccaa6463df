using LoraComposition.CommandLine;

namespace CovariateShift;

/// <summary>The same classes in several domains.</summary>
interface IDomains
{
    /// <summary>The names of the domains.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Opens all of them, in the order of their names.</summary>
    IReadOnlyList<NamedImages> Open();
}
