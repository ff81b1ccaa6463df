using System.Diagnostics;
using System.Globalization;

namespace LoraComposition.Fuzzing;

/// <summary>
/// Feeds hostile inputs to a loader. It may load them or refuse them with an exception of its type; nothing else, and at a bounded price. The environment variable
/// <c>LORA_COMPOSITION_FUZZ</c> says how many times as many inputs are tried, for a long run; what that run saw goes to the console.
/// </summary>
public static class Fuzz
{
    // What .NET allocates is counted exactly. Of native memory only the process's peak is known, in which the collector's own heaps breathe too.
    const long SpareBytes = 16 << 20, NativeSpareBytes = 64 << 20;
    const int LongestMessage = 4500;

    // Work is measured by the processor's time: on a busy machine the clock measures the others.
    static readonly TimeSpan work = TimeSpan.FromSeconds(5), hang = TimeSpan.FromMinutes(1);
    static readonly int times = int.TryParse(Environment.GetEnvironmentVariable("LORA_COMPOSITION_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int given) ? Math.Max(1, given) : 1;
    static readonly NativePeak peak = new();

    /// <summary>Runs the cases and fails at the first that does anything else; its seed makes it again alone.</summary>
    /// <typeparam name="TRefusal">What the loader throws when it refuses an input.</typeparam>
    /// <param name="seed">The first case's seed; the next one's is one more.</param>
    /// <param name="count">How many.</param>
    /// <param name="make">Makes a case from its random source.</param>
    /// <param name="load">Loads the case and uses all of it; throws what the loader throws, and any other exception for a result that is wrong.</param>
    /// <param name="spareBytes">How many bytes .NET may allocate beside as many as the input has.</param>
    /// <param name="nativeSpareBytes">How many bytes the process may grow by beside as many.</param>
    /// <returns>How many of each kind of mutation were loaded and refused.</returns>
    /// <exception cref="FuzzFindingException">An input was neither loaded nor refused, or at too high a price.</exception>
    public static IReadOnlyDictionary<string, (int Loaded, int Refused)> Run<TRefusal>(int seed, int count, Func<Random, FuzzCase> make, Action<FuzzCase> load, long spareBytes = SpareBytes,
        long nativeSpareBytes = NativeSpareBytes) where TRefusal : LoraCompositionException
    {
        var kinds = new SortedDictionary<string, (int Loaded, int Refused)>(StringComparer.Ordinal);
        var (longest, most) = (TimeSpan.Zero, 0L);
        for (int i = 0; i < count * times; i++)
        {
            var input = make(new Random(seed + i));
            var seen = Load<TRefusal>(input, load, spareBytes, nativeSpareBytes);
            if (seen.Problem is not null) throw new FuzzFindingException($"Seed {seed + i}, {input.Kind}: {seen.Problem}\n{Convert.ToHexString(input.Bytes.AsSpan(0, Math.Min(input.Bytes.Length, 600)))}");
            var (loaded, refused) = kinds.GetValueOrDefault(input.Kind);
            kinds[input.Kind] = seen.Loaded ? (loaded + 1, refused) : (loaded, refused + 1);
            if (seen.Time > longest) longest = seen.Time;
            most = Math.Max(most, seen.Bytes - input.Bytes.Length);
        }
        if (times > 1)
            Console.WriteLine(FormattableString.Invariant($"{load.Method.DeclaringType!.FullName!.Split('+')[0]}: {count * times} inputs, {kinds.Values.Sum(kind => kind.Refused)} refused; at most {longest.TotalMilliseconds:0} ms and {most / 1024.0 / 1024.0:0.0} MiB beside the input's own size"));
        return kinds;
    }

    static (bool Loaded, string? Problem, TimeSpan Time, long Bytes) Load<TRefusal>(FuzzCase input, Action<FuzzCase> load, long spareBytes, long nativeSpareBytes)
        where TRefusal : LoraCompositionException
    {
        peak.Start();
        var (start, used, allocated, loaded) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetAllocatedBytesForCurrentThread(), false);
        string? problem = null;
        try
        {
            load(input);
            loaded = true;
        }
        catch (TRefusal e)
        {
            if (e.Message.Length > LongestMessage) problem = $"the message is {e.Message.Length} characters long: {e.Message[..200]}";
            else if (e.Message.Any(char.IsControl)) problem = $"the message holds control characters: {Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(e.Message))}";
        }
        catch (Exception e)
        {
            problem = e.ToString();
        }
        var (time, worked, bytes, native) = (Stopwatch.GetElapsedTime(start), Environment.CpuUsage.TotalTime - used, GC.GetAllocatedBytesForCurrentThread() - allocated, peak.Rise);
        if (bytes > input.Bytes.Length + spareBytes) problem ??= $"{bytes} bytes were allocated for {input.Bytes.Length}";
        if (native > input.Bytes.Length + nativeSpareBytes && Growth<TRefusal>(input, load) is var again && again > input.Bytes.Length + nativeSpareBytes)
            problem ??= $"the process grew by {again} bytes for {input.Bytes.Length}";
        if (worked > work || time > hang) problem ??= $"it took {worked} of work, {time} in all";
        return (loaded, problem, time, bytes);
    }

    // What is compiled, and read of torch's libraries, on first use is not the case's.
    static long Growth<TRefusal>(FuzzCase input, Action<FuzzCase> load) where TRefusal : LoraCompositionException
    {
        peak.Start();
        try
        {
            load(input);
        }
        catch (TRefusal)
        {
        }
        return peak.Rise;
    }
}

/// <summary>An input on which a loader did what it must not.</summary>
public sealed class FuzzFindingException(string message) : Exception(message);
