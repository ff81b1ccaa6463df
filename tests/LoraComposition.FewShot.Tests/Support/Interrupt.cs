using System.Diagnostics;
using System.Globalization;

namespace LoraComposition.FewShot.Tests.Support;

/// <summary>Ctrl+C, sent to another process.</summary>
internal static class Interrupt
{
    const int SigInt = 2;

    /// <summary>Skips the test where a process cannot be interrupted: on Windows, and in jobs that a shell started in the background, whose children inherit that Ctrl+C is ignored.</summary>
    public static void SkipWhereItCannotArrive()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there is no SIGINT to send");
        const string Field = "SigIgn:";
        if (!File.Exists("/proc/self/status") || File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal)) is not { } ignored) return;
        ulong mask = ulong.Parse(ignored[Field.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        Assert.SkipWhen((mask & (1UL << (SigInt - 1))) != 0, "these tests run in the background, where SIGINT is ignored");
    }

    public static async Task SendAsync(Process process, CancellationToken cancellation)
    {
        using var kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(cancellation);
    }
}
