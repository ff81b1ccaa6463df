using System.Numerics;

namespace LoraComposition.FewShot;

/// <summary>
/// The xoshiro256** generator (Blackman and Vigna, 2018), its state filled by SplitMix64 from a stream and a key of integers. The sequence is the
/// same on every machine and for ever: data indices are recorded with results.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class SeededRandom
{
    ulong s0, s1, s2, s3;

    /// <summary>Starts the sequence of a stream and a key.</summary>
    /// <param name="stream">What the draw is for.</param>
    /// <param name="key">The seed, and what else tells this draw from others of the stream.</param>
    public SeededRandom(RandomStream stream, params ReadOnlySpan<long> key)
    {
        ulong state = Mix((ulong)stream.Number);
        foreach (long part in key) state = Mix(state ^ Mix((ulong)part + 0x9E3779B97F4A7C15));
        (s0, s1, s2, s3) = (Mix(state += 0x9E3779B97F4A7C15), Mix(state += 0x9E3779B97F4A7C15), Mix(state += 0x9E3779B97F4A7C15), Mix(state + 0x9E3779B97F4A7C15));
    }

    /// <summary>The next 64 random bits.</summary>
    /// <returns>Any number, each equally likely.</returns>
    public ulong NextUInt64()
    {
        ulong result = BitOperations.RotateLeft(s1 * 5, 7) * 9, t = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= t;
        s3 = BitOperations.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>An integer from 0 to <paramref name="bound"/> − 1, each equally likely (Lemire's method).</summary>
    /// <param name="bound">The number of possible results, at least 1.</param>
    /// <returns>The integer.</returns>
    public int Next(int bound)
    {
        ulong range = (ulong)bound, product = (NextUInt64() >> 32) * range;
        for (ulong rejected = (1UL << 32) % range; (uint)product < rejected;) product = (NextUInt64() >> 32) * range;
        return (int)(product >> 32);
    }

    /// <summary>A number in [low, high), of 24 random bits.</summary>
    /// <param name="low">The smallest possible number.</param>
    /// <param name="high">What the number stays below.</param>
    /// <returns>The number.</returns>
    public float NextSingle(float low, float high) => low + (high - low) * ((NextUInt64() >> 40) * (1f / (1 << 24)));

    /// <summary>A number from the normal distribution of mean 0 and deviation 1, of two draws (Box and Muller).</summary>
    /// <returns>The number.</returns>
    public double NextNormal()
    {
        const double Unit = 1.0 / (1UL << 53);
        double radius = Math.Sqrt(-2 * Math.Log(((NextUInt64() >> 11) + 1) * Unit));   // of (0, 1], for the logarithm
        return radius * Math.Cos(2 * Math.PI * ((NextUInt64() >> 11) * Unit));
    }

    /// <summary>Puts items into a random order (Fisher and Yates).</summary>
    /// <param name="items">The items; reordered in place.</param>
    public void Shuffle(Span<int> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

/// <summary>What a seeded draw is for: draws of different streams stay independent of each other under one seed.</summary>
/// <param name="Number">The stream's number. Numbers up to 999 are this library's; they are part of every recorded result.</param>
public readonly record struct RandomStream(int Number)
{
    /// <summary>The samples to learn from.</summary>
    public static RandomStream FewShot => new(1);

    /// <summary>The samples held out.</summary>
    public static RandomStream Validation => new(2);

    /// <summary>The order of the batches.</summary>
    public static RandomStream BatchOrder => new(3);

    /// <summary>The order of a question's options.</summary>
    public static RandomStream Options => new(6);

    /// <summary>The parts of a support set that take turns as the held-out one.</summary>
    public static RandomStream Folds => new(10);

    /// <summary>How a picture is changed each time it is learned from.</summary>
    public static RandomStream Augmentation => new(11);

    /// <summary>The points that a search without gradients looks at.</summary>
    public static RandomStream Search => new(12);

    /// <summary>The modules that are taken by chance.</summary>
    public static RandomStream ModuleChoice => new(13);

    /// <summary>What is dropped in a step of training.</summary>
    public static RandomStream Dropout => new(14);

    /// <summary>A test part where the publisher has none.</summary>
    public static RandomStream TestPart => new(9);
}
