using System.Diagnostics;
using LoraComposition.FewShot;

namespace LoraComposition.CommandLine;

/// <summary>
/// The processes that do the runs of an experiment together: this one, and others that it starts with the same command and another part of the runs, or that
/// started it. They share nothing but the folder of the results.
/// </summary>
/// <remarks>Owns the processes that it started. A process whose group's first one is gone stops by itself. Belongs to one thread.</remarks>
public sealed class ProcessGroup : IDisposable
{
    static readonly TimeSpan pause = TimeSpan.FromMilliseconds(100), patience = TimeSpan.FromSeconds(20);

    readonly IReadOnlyList<ProcessStartInfo> others;
    readonly TextReader? lifeline;
    readonly CancellationTokenSource abandoned = new();
    readonly List<Member> members = [];
    bool begun;

    ProcessGroup(IReadOnlyList<ProcessStartInfo> others, TextReader? lifeline) => (this.others, this.lifeline) = (others, lifeline);

    /// <summary>This process does its part alone.</summary>
    /// <returns>The group.</returns>
    public static ProcessGroup Alone() => new([], null);

    /// <summary>This process starts others and reports for all.</summary>
    /// <param name="others">How they are started.</param>
    /// <returns>The group.</returns>
    internal static ProcessGroup Leading(IReadOnlyList<ProcessStartInfo> others) => new(others, null);

    /// <summary>This process was started by another one, which reports.</summary>
    /// <param name="lifeline">Ends when that one does.</param>
    /// <returns>The group.</returns>
    internal static ProcessGroup Led(TextReader lifeline) => new([], lifeline);

    /// <summary>Whether this process writes the tables, once all runs are done.</summary>
    public bool Reports => lifeline is null;

    /// <summary>Is cancelled where the process that started this one is gone.</summary>
    internal CancellationToken Abandoned => abandoned.Token;

    /// <summary>Starts the others, or watches the one that started this process. Later calls do nothing.</summary>
    internal void Begin()
    {
        if (begun) return;
        begun = true;
        if (lifeline is not null) new Thread(Watch) { IsBackground = true, Name = "lifeline" }.Start();
        foreach (var start in others) members.Add(new Member(start, members.Count + 2, others.Count + 1));
    }

    /// <summary>Waits until the others have done what is missing. A process alone waits for nobody.</summary>
    /// <param name="title">What is waited for, for example <c>label-shift: runs</c>.</param>
    /// <param name="all">What all do together.</param>
    /// <param name="isThere">Looks whether something of it has been done.</param>
    /// <param name="progress">Is told how far the others are.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    /// <exception cref="InvalidOperationException">Another process has failed; the message says how.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, or another process was stopped.</exception>
    internal void Await<T>(string title, IReadOnlyList<T> all, Predicate<T> isThere, IProgressReporter progress, CancellationToken cancellation)
    {
        if (others.Count == 0 && lifeline is null) return;
        var left = all.Where(item => !isThere(item)).ToList();
        if (left.Count == 0) return;
        using var bar = progress.Begin($"{title} of the other processes, {left.Count}", left.Count);
        while (true)
        {
            // Who has ended before the look has written all it will.
            bool ended = members.Count > 0 && members.TrueForAll(member => member.HasEnded());
            bar.Advance(left.RemoveAll(isThere));
            if (left.Count == 0) return;
            if (ended) throw new InvalidOperationException($"{title}: {left.Count} are missing, though all processes have ended. The same command does them.");
            cancellation.WaitHandle.WaitOne(pause);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Stops the others where they are still at work, and lets go of them.</summary>
    public void Dispose()
    {
        foreach (var member in members) member.LetGo();
        var clock = Stopwatch.StartNew();
        foreach (var member in members) member.End(patience - clock.Elapsed);
        members.Clear();
    }

    void Watch()
    {
        while (lifeline!.ReadLine() is not null)
        {
        }
        abandoned.Cancel();
    }

    /// <summary>A process that this one started.</summary>
    sealed class Member
    {
        readonly Process process;
        readonly string name;
        volatile string lastLine = "";

        public Member(ProcessStartInfo start, int number, int count)
        {
            name = $"process {number} of {count}";
            process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} cannot be started; --processes 1 does without.");
            // What is not read would block the process once a pipe is full. Its warnings are those of this process too.
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, said) => lastLine = said.Data ?? lastLine;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        /// <summary>Whether it has done its part.</summary>
        /// <exception cref="InvalidOperationException">It has failed.</exception>
        /// <exception cref="OperationCanceledException">It was stopped.</exception>
        public bool HasEnded()
        {
            if (!process.HasExited) return false;
            // Without a time it waits for the last line too.
            process.WaitForExit();
            return process.ExitCode switch
            {
                ExitCodes.Done => true,
                ExitCodes.Stopped => throw new OperationCanceledException($"{name} was stopped"),
                int code => throw new InvalidOperationException($"{name} has failed ({(lastLine.Length > 0 ? lastLine : $"exit code {code}")}). What is finished is saved; the same command goes on from there."),
            };
        }

        /// <summary>Ends its lifeline: where it is at work it stops between two steps.</summary>
        public void LetGo()
        {
            try
            {
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It has ended.
            }
        }

        public void End(TimeSpan patience)
        {
            // Results appear whole, so a process may be killed at any moment.
            if (!process.WaitForExit(patience > TimeSpan.Zero ? patience : TimeSpan.Zero)) process.Kill(entireProcessTree: true);
            process.Dispose();
        }
    }
}
