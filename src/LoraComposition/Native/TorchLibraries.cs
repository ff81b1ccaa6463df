using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace LoraComposition;

/// <summary>The libraries of libtorch on one system, in the order in which they need each other.</summary>
/// <remarks>
/// Each finds what it needs beyond these by its own search path (<c>$ORIGIN/../../nvidia/…</c> in a PyTorch wheel). The ones that carry CUDA are not
/// needed by any other, so nothing loads them unless they are named.
/// </remarks>
internal sealed class TorchLibraries
{
    public static readonly TorchLibraries Linux = new("libtorch_cpu.so",
        new("libgomp*.so*", Required: false), new("libc10.so"), new("libtorch_cpu.so"), new("libc10_cuda.so", Required: false),
            new("libtorch_cuda.so", Required: false), new("libtorch.so"));

    public static readonly TorchLibraries Windows = new("torch_cpu.dll",
        new("libiomp5md.dll", Required: false), new("c10.dll"), new("torch_cpu.dll"), new("c10_cuda.dll", Required: false),
            new("torch_cuda.dll", Required: false), new("torch.dll"));

    public static readonly TorchLibraries MacOS = new("libtorch_cpu.dylib",
        new("libomp.dylib", Required: false), new("libc10.dylib"), new("libtorch_cpu.dylib"), new("libtorch.dylib"));

    readonly Entry[] entries;

    TorchLibraries(string main, params Entry[] entries) => (Main, this.entries) = (main, entries);

    /// <summary>The file that holds the operators, and tells its version.</summary>
    public string Main { get; }

    public static TorchLibraries OfThisSystem => OperatingSystem.IsWindows() ? Windows : OperatingSystem.IsMacOS() ? MacOS : Linux;

    /// <summary>The files of a folder to load, in order.</summary>
    /// <exception cref="TorchBackendException">The folder does not exist or is none of libtorch's.</exception>
    public IReadOnlyList<string> In(string folder)
    {
        if (!Directory.Exists(folder)) throw new TorchBackendException($"{folder}: there is no such folder; give the folder torch/lib of a PyTorch install.");
        var files = new List<string>();
        foreach (var entry in entries)
        {
            string[] found = [.. Directory.EnumerateFiles(folder, entry.Pattern).Order(StringComparer.Ordinal)];
            if (found.Length == 0 && entry.Required)
                throw new TorchBackendException($"{folder}: expected {entry.Pattern} in it, found {(Directory.EnumerateFileSystemEntries(folder).Any() ? "other files only" : "nothing")}; give the folder torch/lib of a PyTorch install.");
            files.AddRange(found);
        }
        return files;
    }

    readonly record struct Entry(string Pattern, bool Required = true);
}

/// <summary>Which libtorch an install holds, and which ones TorchSharp's native library works with.</summary>
internal static partial class TorchVersion
{
    /// <summary>The version that TorchSharp 0.107 was compiled for; it holds inlined code of it.</summary>
    public const string CompiledFor = "2.10";

    /// <summary>The versions that were seen to work, as a message names them.</summary>
    public const string Accepted = $"{CompiledFor} or 2.11";

    // 2.11 passes the tests, on CUDA 13 too. 2.14 loads, and fails at the first gradient; nobody has tried those between.
    static readonly string[] accepted = [CompiledFor, "2.11"];

    const int LongestFile = 1 << 16;

    /// <summary>
    /// The version as the install's files state it: <c>version.py</c> of PyTorch or <c>build-version</c> of a libtorch archive, both beside <c>lib</c>.
    /// </summary>
    /// <returns>For example <c>2.10.0+cu128</c>; null where neither file says.</returns>
    public static string? Stated(string folder)
    {
        string parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) ?? folder;
        if (ReadText(Path.Combine(parent, "version.py")) is { } python && PythonVersion().Match(python) is { Success: true } match) return match.Groups[1].Value;
        return ReadText(Path.Combine(parent, "build-version"))?.Trim() is { Length: > 0 } plain && !plain.Contains('\n', StringComparison.Ordinal) ? plain : null;
    }

    /// <summary>The version that a loaded libtorch reports of itself, as libtorch does since 2.9.</summary>
    /// <param name="main">The handle of the library that holds the operators.</param>
    /// <returns>Major, minor and patch; null where it does not say.</returns>
    public static unsafe string? Reported(nint main)
    {
        if (!NativeLibrary.TryGetExport(main, "aoti_torch_abi_version", out nint address)) return null;
        return Decode(((delegate* unmanaged<ulong>)address)());
    }

    /// <summary>Reads libtorch's version number: a byte each for major, minor and patch, the highest first.</summary>
    public static string Decode(ulong number) => string.Create(CultureInfo.InvariantCulture, $"{number >> 56}.{number >> 48 & 0xff}.{number >> 40 & 0xff}");

    /// <summary>Whether TorchSharp was seen to work with a version.</summary>
    public static bool Fits(string version) => accepted.Any(known => version == known || version.StartsWith($"{known}.", StringComparison.Ordinal));

    static string? ReadText(string path)
    {
        var file = new FileInfo(path);
        return file.Exists && file.Length <= LongestFile ? File.ReadAllText(path) : null;
    }

    [GeneratedRegex("""^__version__\s*(?::[^=\n]*)?=\s*['"]([^'"\n]{1,100})['"]""", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex PythonVersion();
}
