using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;

namespace LoraComposition.Benchmarks;

/// <summary>How much memory this process took, at its peak.</summary>
static partial class DeviceMemory
{
    const string Status = "/proc/self/status";

    /// <summary>The peak in bytes; null where the system does not tell.</summary>
    /// <remarks>
    /// On CUDA it is what the whole device has given away: torch gives back nothing it once took, so on a GPU without other work this is the peak of this
    /// process, its CUDA context and kernels included. On the CPU it is the peak of the resident memory.
    /// </remarks>
    public static long? Peak(torch.Device device)
    {
        if (device.type == DeviceType.CUDA) return UsedOnGpu(device);
        return File.Exists(Status) ? Read("VmHWM:") : null;
    }

    /// <summary>The bytes that are resident now; only Linux tells.</summary>
    public static long Resident() => Read("VmRSS:");

    /// <summary>Lets the peak begin anew; only Linux can.</summary>
    public static void ForgetPeak() => File.WriteAllText("/proc/self/clear_refs", "5");

    static long Read(string name) => 1024 * long.Parse(File.ReadLines(Status).Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..]
        .Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);

    static long UsedOnGpu(torch.Device device)
    {
        // Torch makes the device's context the current one of the calling thread.
        torch.zeros(1, device: device).Dispose();
        torch.cuda.synchronize(device);
        int error = OperatingSystem.IsWindows() ? MemoryOnWindows(out nuint free, out nuint total) : Memory(out free, out total);
        return error == 0 ? (long)(total - free) : throw new InvalidOperationException($"The CUDA driver does not tell the free memory: error {error}.");
    }

    [LibraryImport("libcuda.so.1", EntryPoint = "cuMemGetInfo_v2")]
    private static partial int Memory(out nuint free, out nuint total);

    [LibraryImport("nvcuda", EntryPoint = "cuMemGetInfo_v2")]
    private static partial int MemoryOnWindows(out nuint free, out nuint total);
}
