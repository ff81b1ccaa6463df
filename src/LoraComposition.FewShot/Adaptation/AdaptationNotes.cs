using Microsoft.Extensions.Logging;

namespace LoraComposition.FewShot;

/// <summary>What makes the numbers of an adaptation doubtful, told as it is found and kept for the report.</summary>
sealed class AdaptationNotes(IProgressReporter progress, ILogger logger)
{
    readonly List<string> warnings = [];

    /// <summary>All of them, in their order.</summary>
    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>Adds a warning; nothing where it is null.</summary>
    public void Add(string? warning)
    {
        if (warning is null) return;
        warnings.Add(warning);
        progress.Report($"warning: {warning}");
        logger.ResultsAreDoubtful(warning);
    }

    /// <summary>Adds what is odd about modules: that one changes nothing, or that two are one file.</summary>
    public void Add(IReadOnlyList<LoraAdapter> modules)
    {
        foreach (var module in modules) Add(module.ZeroWarning);
        foreach (var same in modules.Where(module => module.Fingerprint is not null).GroupBy(module => module.Fingerprint!, StringComparer.Ordinal).Where(group => group.Count() > 1))
            Add($"Adapters {string.Join(", ", same.Select(module => $"'{module.Name}'"))} are the same file, which so counts {same.Count()} times.");
    }
}
