using LoraComposition.Experiments;

namespace CovariateShift;

/// <summary>The domains of a folder of one's own.</summary>
sealed class OwnDomains(ImageDomains domains) : IDomains
{
    public IReadOnlyList<string> Names => domains.Names;

    public IReadOnlyList<NamedImages> Open(IReadOnlyList<string> names, int validationPerClass) => domains.Open(names, validationPerClass);
}
