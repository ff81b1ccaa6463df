using System.Globalization;

namespace LoraComposition.Experiments;

/// <summary>The peak of the memory that this process holds (its resident set, mapped pages of files included) from a moment on.</summary>
/// <remarks>
/// Linux keeps that peak and forgets it where 5 is written to <c>clear_refs</c>. Other systems keep it for the life of a process, so there it is not known:
/// looking at the resident set now and then would miss what lives for milliseconds, the gradients of a step, and be no number to compare with this one.
/// It is the whole process's, so one measurement goes at a time.
/// </remarks>
sealed class PeakMemory
{
    const string Reset = "/proc/self/clear_refs", Status = "/proc/self/status", Peak = "VmHWM:";
    readonly bool known;

    PeakMemory(bool known) => this.known = known;

    /// <summary>Forgets the peak so far.</summary>
    public static PeakMemory Begin()
    {
        if (!OperatingSystem.IsLinux()) return new(known: false);
        try
        {
            File.WriteAllText(Reset, "5");
            return new(known: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A kernel or a sandbox may be without it.
            return new(known: false);
        }
    }

    /// <summary>The peak since the beginning in MiB; null where the system does not tell.</summary>
    public double? Read()
    {
        if (!known || File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Peak, StringComparison.Ordinal)) is not { } line) return null;
        double kibibytes = double.Parse(line[Peak.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        return Math.Round(kibibytes / 1024, 1);
    }
}
