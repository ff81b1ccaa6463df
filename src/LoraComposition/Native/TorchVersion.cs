using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace LoraComposition;

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

    /// <summary>The version as the install's files state it: <c>version.py</c> of PyTorch or <c>build-version</c> of a libtorch archive, both beside <c>lib</c>.</summary>
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
