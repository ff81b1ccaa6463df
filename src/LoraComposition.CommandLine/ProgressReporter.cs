using LoraComposition.FewShot;
using Spectre.Console;

namespace LoraComposition.CommandLine;

/// <summary>Chooses how progress is shown.</summary>
public static class ProgressReporter
{
    /// <summary>Live bars where standard error is a terminal, else plain lines at most every 10 seconds.</summary>
    /// <returns>The reporter. The caller disposes it.</returns>
    public static IProgressReporter ForStandardError()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi
            ? new LiveProgressReporter(console, TimeProvider.System)
            : new PlainProgressReporter(Console.Error, TimeProvider.System);
    }
}

/// <summary>Shows progress as live bars with the estimated remaining time on a terminal. The bars stand below the last line while any work is unfinished.</summary>
public sealed class LiveProgressReporter : IProgressReporter
{
    readonly IAnsiConsole console;
    readonly TimeProvider time;
    readonly Lock gate = new();
    int unfinished;
    Display? display;

    /// <summary>Shows the bars on a console.</summary>
    /// <param name="console">The console, of standard error.</param>
    /// <param name="time">The clock of the estimates. Where it is set anew they go on undisturbed.</param>
    public LiveProgressReporter(IAnsiConsole console, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(time);
        (this.console, this.time) = (console, time);
    }

    /// <inheritdoc/>
    public IProgressTask Begin(string description, long total)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(description);
        ArgumentOutOfRangeException.ThrowIfNegative(total);
        lock (gate)
        {
            display ??= new Display(console, time);
            unfinished++;
            // A bar of no steps would divide by zero; it is full from the start.
            var bar = display.Context.AddTask(Markup.Escape(description), autoStart: true, maxValue: Math.Max(1, total));
            if (total == 0) bar.Value = 1;
            return new Work(this, bar);
        }
    }

    /// <inheritdoc/>
    public void Report(string line) => console.WriteLine(line);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate) End();
    }

    void Finish(ProgressTask bar)
    {
        lock (gate)
        {
            // The bars of finished work would fill the screen in an experiment of hundreds of runs.
            display?.Context.RemoveTask(bar);
            if (--unfinished == 0) End();
        }
    }

    void End()
    {
        display?.Dispose();
        display = null;
    }

    sealed class Work(LiveProgressReporter reporter, ProgressTask bar) : IProgressTask
    {
        int ended;

        public void Advance(long steps)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(steps);
            bar.Increment(steps);
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref ended, 1) != 0) return;
            reporter.Finish(bar);
        }
    }

    /// <summary>One run of Spectre's live display, which lasts as long as a callback does: the callback waits for the disposal.</summary>
    sealed class Display : IDisposable
    {
        readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly Task shown;

        public Display(IAnsiConsole console, TimeProvider time)
        {
            ProgressContext? context = null;
            var progress = new Spectre.Console.Progress(console, new SteadyTime(time)).AutoClear(true)
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn());
            shown = progress.StartAsync(c =>
            {
                context = c;
                return ended.Task;
            });
            // The callback runs before the first wait; where it did not, the display has failed and says why.
            if (context is null) shown.GetAwaiter().GetResult();
            Context = context!;
        }

        public ProgressContext Context { get; }

        public void Dispose()
        {
            ended.TrySetResult();
            shown.GetAwaiter().GetResult();
        }
    }
}
