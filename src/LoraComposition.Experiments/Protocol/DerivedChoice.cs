using System.Text.Json;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// Where all methods that <see cref="AutomaticChoice"/> tries have runs of their own with the same samples and settings, what it would choose is read off them:
/// training them again would give the same.
/// </summary>
static class DerivedChoice
{
    /// <summary>The run that the choice takes, and what a result records of the choice; null where a run is missing or holds no held-out score.</summary>
    /// <param name="item">The run of the choice.</param>
    /// <param name="find">Finds the result of another run.</param>
    public static (RunResult Chosen, object Details, double Seconds, double? PeakMemoryMiB)? Of(FewShotWork item, Func<FewShotWork, RunResult?> find)
    {
        // What a budget leaves out depends on the machine.
        if (item.Method is not AutomaticChoice || item.Options.Budget is not null) return null;
        var runs = new List<(RunResult Result, ValidationScore Score)>();
        foreach (var method in AutomaticChoice.Methods)
        {
            if (find(item with { Name = method.Name, Method = method }) is not { ValidationAccuracy: { } accuracy, ValidationLoss: { } loss } result) return null;
            runs.Add((result, new ValidationScore(accuracy, loss)));
        }
        var best = runs[0];
        foreach (var run in runs.Skip(1))
            if (run.Score.IsBetterThan(best.Score, item.Options.Training.Criterion)) best = run;
        var details = new
        {
            steps = Member(best.Result, "steps"),
            bestStep = Member(best.Result, "bestStep"),
            stoppedEarly = Member(best.Result, "stoppedEarly"),
            trained = new
            {
                method = best.Result.Key.Method,
                chosen = Found(best.Result),
                candidates = runs.Select(run => new { method = run.Result.Key.Method, trained = Found(run.Result), validation = run.Score }),
            },
            remarks = Member(best.Result, "remarks"),
        };
        return (best.Result, details, runs.Sum(run => run.Result.Timings.Where(part => part.Key != "test").Sum(part => part.Value)), RunResult.PeakOf(runs.Select(run => run.Result)));
    }

    static JsonElement? Found(RunResult run) => Member(run, "trained") is not { ValueKind: JsonValueKind.Object } trained ? null
        : trained.TryGetProperty("chosen", out var chosen) ? chosen : trained;

    static JsonElement? Member(RunResult run, string name) =>
        run.Details is { ValueKind: JsonValueKind.Object } details && details.TryGetProperty(name, out var value) ? value : null;
}
