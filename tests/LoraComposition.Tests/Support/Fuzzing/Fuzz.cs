using System.Diagnostics;
using LoraComposition.Files;

namespace LoraComposition.Tests.Support.Fuzzing;

/// <summary>Feeds hostile inputs to a loader. It may load them or refuse them with a <see cref="ModelFileException"/>; nothing else, and at a bounded price.</summary>
internal static class Fuzz
{
    // What .NET allocates is counted exactly. Of native memory only the process's peak is known, in which the collector's own heaps breathe too.
    const long SpareBytes = 16 << 20, NativeSpareBytes = 64 << 20;
    const int LongestMessage = 4500;

    // Work is measured by the processor's time: on a busy machine the clock measures the others.
    static readonly TimeSpan work = TimeSpan.FromSeconds(5), hang = TimeSpan.FromMinutes(1);
    static readonly NativePeak peak = new();

    /// <summary>Runs the cases and fails at the first that does anything else; its seed makes it again alone.</summary>
    /// <param name="seed">The first case's seed; the next one's is one more.</param>
    /// <param name="count">How many.</param>
    /// <param name="make">Makes a case from its random source.</param>
    /// <param name="load">Loads the case and uses all of it; throws what the loader throws, and any other exception for a result that is wrong.</param>
    /// <returns>How many of each kind of mutation were loaded and refused.</returns>
    public static IReadOnlyDictionary<string, (int Loaded, int Refused)> Run(int seed, int count, Func<Random, FuzzCase> make, Action<FuzzCase> load)
    {
        var kinds = new SortedDictionary<string, (int Loaded, int Refused)>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var input = make(new Random(seed + i));
            var (isLoaded, problem) = Load(input, load);
            if (problem is not null) Assert.Fail($"Seed {seed + i}, {input.Kind}: {problem}\n{Convert.ToHexString(input.Bytes.AsSpan(0, Math.Min(input.Bytes.Length, 600)))}");
            var (loaded, refused) = kinds.GetValueOrDefault(input.Kind);
            kinds[input.Kind] = isLoaded ? (loaded + 1, refused) : (loaded, refused + 1);
        }
        return kinds;
    }

    static (bool Loaded, string? Problem) Load(FuzzCase input, Action<FuzzCase> load)
    {
        peak.Start();
        var (start, used, allocated, loaded) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetAllocatedBytesForCurrentThread(), false);
        try
        {
            load(input);
            loaded = true;
        }
        catch (ModelFileException e)
        {
            if (e.Message.Length > LongestMessage) return (false, $"the message is {e.Message.Length} characters long: {e.Message[..200]}");
            if (e.Message.Any(char.IsControl)) return (false, $"the message holds control characters: {Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(e.Message))}");
        }
        catch (Exception e)
        {
            return (false, e.ToString());
        }
        var (time, worked, bytes, native) = (Stopwatch.GetElapsedTime(start), Environment.CpuUsage.TotalTime - used, GC.GetAllocatedBytesForCurrentThread() - allocated, peak.Rise);
        if (bytes > input.Bytes.Length + SpareBytes) return (loaded, $"{bytes} bytes were allocated for {input.Bytes.Length}");
        if (native > input.Bytes.Length + NativeSpareBytes && Growth(input, load) is var again && again > input.Bytes.Length + NativeSpareBytes) return (loaded, $"the process grew by {again} bytes for {input.Bytes.Length}");
        return (loaded, worked > work || time > hang ? $"it took {worked} of work, {time} in all" : null);
    }

    // What is compiled, and read of torch's libraries, on first use is not the case's.
    static long Growth(FuzzCase input, Action<FuzzCase> load)
    {
        peak.Start();
        try
        {
            load(input);
        }
        catch (ModelFileException)
        {
        }
        return peak.Rise;
    }
}
