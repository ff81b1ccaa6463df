using System.Diagnostics;
using LoraComposition.Serialization;

namespace LoraComposition.Tests.Support.Fuzzing;

/// <summary>Feeds hostile inputs to a loader. It may load them or refuse them with a <see cref="ModelFileException"/>; nothing else, and at a bounded price.</summary>
internal static class Fuzz
{
    const long SpareBytes = 16 << 20;
    const int LongestMessage = 4500;

    static readonly TimeSpan limit = TimeSpan.FromSeconds(5);

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
        var (start, allocated, loaded) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread(), false);
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
        var (time, bytes) = (Stopwatch.GetElapsedTime(start), GC.GetAllocatedBytesForCurrentThread() - allocated);
        if (bytes > input.Bytes.Length + SpareBytes) return (loaded, $"{bytes} bytes were allocated for {input.Bytes.Length}");
        return (loaded, time > limit ? $"it took {time}" : null);
    }
}
