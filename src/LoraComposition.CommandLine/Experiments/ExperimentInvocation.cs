using System.CommandLine;

namespace LoraComposition.CommandLine;

/// <summary>The action of a program whose command line has become the settings of an experiment.</summary>
public static class ExperimentInvocation
{
    /// <summary>Does the work, on a thread of its own: Ctrl+C is listened to only once a command's action has returned its task. Then lets go of the other processes.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="work">The work.</param>
    /// <returns>The exit code of work that is done.</returns>
    public static Task<int> RunAsync(ParseResult parsed, ExperimentSettings settings, Action work)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(work);
        return Task.Run(() =>
        {
            using (settings.Processes) work();
            TimingsOption.Write(parsed, settings.Times);
            return ExitCodes.Done;
        }, CancellationToken.None);
    }
}
