using System.Globalization;

namespace LoraComposition.Fuzzing;

/// <summary>How far the memory of this process rises, torch's own included; only where Linux tells and lets the peak be forgotten.</summary>
public sealed class NativePeak
{
    const string Status = "/proc/self/status", Forget = "/proc/self/clear_refs";

    readonly bool known = Restarts();
    long start;

    /// <summary>Measures from here.</summary>
    public void Start()
    {
        if (!known) return;
        Restarts();
        start = Bytes("VmHWM:");
    }

    /// <summary>By how many bytes the peak rose since the start; 0 where it is not known.</summary>
    public long Rise => known ? Bytes("VmHWM:") - start : 0;

    static bool Restarts()
    {
        try
        {
            File.WriteAllText(Forget, "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    static long Bytes(string name) =>
        1024 * long.Parse(File.ReadLines(Status).First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
}
