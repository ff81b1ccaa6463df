using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace LoraComposition.Experiments;

/// <summary>What tells one run from the others: the experiment, the method, the number of labelled samples per class and the seed.</summary>
/// <param name="Experiment">The experiment, for example <c>label-shift</c>. One folder holds the runs of one experiment.</param>
/// <param name="Method">The method, for example <c>learned</c>.</param>
/// <param name="Shots">The labelled samples per class, K; <see langword="null"/> for all of them, 0 for none.</param>
/// <param name="Seed">The seed of the run.</param>
/// <exception cref="ArgumentException">A name is empty, or <paramref name="Shots"/> is negative.</exception>
public sealed record RunKey(string Experiment, string Method, int? Shots, int Seed)
{
    const int LongestMethod = 60;

    /// <summary>The experiment the run belongs to.</summary>
    public string Experiment { get; } = Named(Experiment, nameof(Experiment));

    /// <summary>The method of the run.</summary>
    public string Method { get; } = Named(Method, nameof(Method));

    /// <summary>The labelled samples per class; <see langword="null"/> for all of them.</summary>
    public int? Shots { get; } = Shots is < 0
        ? throw new ArgumentOutOfRangeException(nameof(Shots), Shots, "The number of samples per class is at least 0, or null for all.")
        : Shots;

    /// <summary>The seed of the run.</summary>
    public int Seed { get; } = Seed;

    /// <summary>
    /// The name of the run's file, for example <c>learned-k005-seed1.json</c> or <c>learned-kall-seed0.json</c>. It holds only the
    /// characters a–z, 0–9 and <c>-</c>; a method that had others gets a short hash, so that two methods never share a file.
    /// </summary>
    [JsonIgnore]
    public string FileName
    {
        get
        {
            string shots = Shots is { } k ? k.ToString("D3", CultureInfo.InvariantCulture) : "all";
            return string.Create(CultureInfo.InvariantCulture, $"{FileStem(Method)}-k{shots}-seed{Seed}.json");
        }
    }

    /// <summary>The run in words, for messages.</summary>
    /// <returns>For example <c>label-shift: learned, K = 5, seed 1</c>.</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Experiment}: {Method}, K = {ShotCount.Text(Shots)}, seed {Seed}");

    static string FileStem(string method)
    {
        string stem = string.Concat(method.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
        if (stem.Length > LongestMethod) stem = stem[..LongestMethod];
        if (stem == method) return stem;
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(method)))[..8];
        return stem.Length == 0 ? hash : $"{stem}-{hash}";
    }

    static string Named(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name, parameter);
        return name;
    }
}

/// <summary>How a number of samples per class, K, is written and ordered: <see langword="null"/> is "all" and comes last.</summary>
public static class ShotCount
{
    /// <summary>Writes a K.</summary>
    /// <param name="shots">The K; null for all samples.</param>
    /// <returns>Its digits, or "all".</returns>
    public static string Text(int? shots) => shots?.ToString(CultureInfo.InvariantCulture) ?? "all";

    internal static int Order(int? shots) => shots ?? int.MaxValue;
}

/// <summary>Names for files, whatever the names in the results are: a–z, 0–9 and <c>-</c>. What is named begins with a number where two could be alike.</summary>
static class FileStem
{
    const int Longest = 60;

    public static string Of(string name)
    {
        string stem = string.Concat(name.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));
        return (stem.Length > Longest ? stem[..Longest] : stem).Trim('-');
    }
}
