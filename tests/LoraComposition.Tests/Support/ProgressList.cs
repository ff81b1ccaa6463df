namespace LoraComposition.Tests.Support;

/// <summary>Keeps every report, and does something at each.</summary>
sealed class ProgressList(Action<WorkProgress>? report = null) : IProgress<WorkProgress>
{
    readonly List<WorkProgress> reports = [];

    public IReadOnlyList<WorkProgress> Reports => reports;

    public void Report(WorkProgress value)
    {
        reports.Add(value);
        report?.Invoke(value);
    }

    /// <summary>The reports of work of some steps, each told once.</summary>
    public static IEnumerable<WorkProgress> Steps(int total) => Enumerable.Range(1, total).Select(done => new WorkProgress(done, total));
}
