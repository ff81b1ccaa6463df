using System.Globalization;

namespace LoraComposition.FewShot;

/// <summary>
/// Shows progress as plain lines for logs, at most one every 10 seconds over all pieces of work. Work that ends without having been shown
/// leaves no line; work that was shown says at once how it ended.
/// </summary>
/// <remarks>Safe to use from several threads.</remarks>
public sealed class PlainProgressReporter : IProgressReporter
{
    static readonly TimeSpan interval = TimeSpan.FromSeconds(10);

    readonly Lock gate = new();
    readonly TextWriter output;
    readonly TimeProvider time;
    long lastLine;

    /// <summary>Shows the lines on a writer.</summary>
    /// <param name="output">Where the lines go, standard error for example. Not disposed.</param>
    /// <param name="time">The clock; the system's where not given.</param>
    public PlainProgressReporter(TextWriter output, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        (this.output, this.time) = (output, time ?? TimeProvider.System);
        lastLine = this.time.GetTimestamp();
    }

    /// <inheritdoc/>
    public IProgressTask Begin(string description, long total)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(description);
        ArgumentOutOfRangeException.ThrowIfNegative(total);
        return new Work(this, description, total);
    }

    /// <inheritdoc/>
    public void Report(string line)
    {
        lock (gate) output.WriteLine(line);
    }

    /// <inheritdoc/>
    public void Dispose() => output.Flush();

    sealed class Work(PlainProgressReporter reporter, string description, long total) : IProgressTask
    {
        readonly long started = reporter.time.GetTimestamp();
        long done;
        bool shown, ended;

        string Count => string.Create(CultureInfo.InvariantCulture, $"{(total == 0 ? 100 : 100 * (Int128)done / total)} % ({done}/{total})");

        TimeSpan Elapsed => reporter.time.GetElapsedTime(started);

        public void Advance(long steps)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(steps);
            lock (reporter.gate)
            {
                done = steps > total - done ? total : done + steps;
                if (ended || done == total || reporter.time.GetElapsedTime(reporter.lastLine) < interval) return;
                shown = true;
                reporter.lastLine = reporter.time.GetTimestamp();
                reporter.output.WriteLine($"{description}: {Count}{Remaining()}");
            }
        }

        public void Dispose()
        {
            lock (reporter.gate)
            {
                if (ended) return;
                ended = true;
                if (shown) reporter.output.WriteLine($"{description}: {(done == total ? "done" : $"stopped at {Count}")} after {Duration.Text(Elapsed)}");
            }
        }

        string Remaining() => done == 0 ? "" : $", about {Duration.Text(Elapsed * ((double)(total - done) / done))} left";
    }
}

/// <summary>A length of time as a reader needs it: its two largest units.</summary>
public static class Duration
{
    /// <summary>Writes a length of time, for example <c>2 min 10 s</c>.</summary>
    /// <param name="time">The time.</param>
    /// <returns>The text.</returns>
    public static string Text(TimeSpan time)
    {
        // Rounded first, so that 59.7 s is 1 min 0 s and never 60 s.
        long seconds = (long)Math.Round(time.TotalSeconds);
        return seconds switch
        {
            < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds} s"),
            < 3600 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60} min {seconds % 60} s"),
            < 86400 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600} h {seconds % 3600 / 60} min"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86400} d {seconds % 86400 / 3600} h"),
        };
    }
}
