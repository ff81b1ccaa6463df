using System.Diagnostics;
using System.Globalization;

namespace LoraComposition.FewShot;

/// <summary>Ends a search among candidates before its time is used up: by the longest of those that were tried.</summary>
sealed class SearchBudget(TimeSpan? budget)
{
    readonly Stopwatch clock = Stopwatch.StartNew();
    TimeSpan begun, longest;
    bool any;

    /// <summary>Whether there is time for another candidate; for the first there always is.</summary>
    public bool Begin()
    {
        var now = clock.Elapsed;
        if (any && now - begun > longest) longest = now - begun;
        if (any && budget is { } limit && now + longest > limit) return false;
        (begun, any) = (now, true);
        return true;
    }

    /// <summary>What to say of candidates that were left out; null where none were.</summary>
    public string? Remark(int leftOut) => leftOut == 0 || budget is not { } limit ? null
        : string.Create(CultureInfo.InvariantCulture, $"The budget of {limit.TotalSeconds:0.#} s ended the search: {leftOut} {(leftOut == 1 ? "candidate was" : "candidates were")} not tried.");
}
