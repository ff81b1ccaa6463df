using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using TorchSharp;

namespace LoraComposition;

/// <summary>
/// Uses torch for the first time, and says why TorchSharp's native library does not load where it does not. TorchSharp itself then only says that a package is
/// missing.
/// </summary>
internal static class NativeLibraryCheck
{
    static volatile bool loads;

    /// <summary>Loads the native library, once; cheap from then on.</summary>
    /// <exception cref="TorchBackendException">It does not load; the message says why and what to do.</exception>
    public static void EnsureLoads()
    {
        if (loads) return;
        var folders = SearchedFolders();
        // TorchSharp would print a trace and copy libtorch out of the package cache, to no avail.
        if (OperatingSystem.IsLinux() && Find(folders) is { } found && Refusal(found) is { } words && LoaderMessage.SystemIsTooOld(words))
            throw new TorchBackendException(LoaderMessage.Explain(found, words));
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception e) when (e is TypeInitializationException or NotSupportedException or DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
        {
            throw new TorchBackendException(Explain(folders) ?? (e.InnerException ?? e).Message, e);
        }
        loads = true;
    }

    /// <summary>Why the native library in the first of the folders that holds it does not load.</summary>
    /// <returns>The reason and what to do; null where it loads.</returns>
    internal static string? Explain(IReadOnlyList<string> folders)
    {
        if (Find(folders) is not { } path)
            return $"{FileName}, TorchSharp's native library, is in none of the folders {string.Join(", ", folders.Select(folder => $"'{folder}'"))}. The package TorchSharp brings it for linux-x64, win-x64, win-arm64 and osx-arm64; this is {RuntimeInformation.RuntimeIdentifier}.";
        return Refusal(path) is { } words ? LoaderMessage.Explain(path, words) : null;
    }

    static string FileName => OperatingSystem.IsWindows() ? "LibTorchSharp.dll" : OperatingSystem.IsMacOS() ? "libLibTorchSharp.dylib" : "libLibTorchSharp.so";

    static string? Find(IReadOnlyList<string> folders) => folders.Select(folder => Path.Combine(folder, FileName)).FirstOrDefault(File.Exists);

    /// <summary>Loads a library and leaves it loaded, for torch to use.</summary>
    /// <returns>What the loader says against it; null where it loads.</returns>
    static string? Refusal(string path)
    {
        try
        {
            NativeLibrary.Load(path);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return e.Message;
        }
    }

    // Where the runtime looks: the folders that the host passes on, the program's own, and that of this system in a program built for any.
    static IReadOnlyList<string> SearchedFolders() =>
    [
        .. (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(AppContext.BaseDirectory)
            .Append(Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"))
            .Select(folder => Path.TrimEndingDirectorySeparator(folder))
            .Distinct(),
    ];
}

/// <summary>Turns the words of the system's loader into what is wrong and what to do.</summary>
internal static partial class LoaderMessage
{
    const int LongestLibrary = 64 << 20;

    /// <param name="path">The library that did not load.</param>
    /// <param name="words">What the loader said, in the words of <see cref="DllNotFoundException"/>.</param>
    /// <returns>One line.</returns>
    public static string Explain(string path, string words)
    {
        // The runtime's general advice comes first; the loader's own words follow, a line for each place it tried.
        string said = words.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 1 } lines
            ? string.Join(" ", lines[1..]) : words.Trim();
        if (NeededVersion().Match(words) is { Success: true } version) return NewerSystem(version);
        if (MissingLibrary().Match(words) is { Success: true } missing)
        {
            string library = missing.Groups["library"].Value;
            return library.Contains("torch", StringComparison.Ordinal) || library.Contains("c10", StringComparison.Ordinal)
                ? NoLibtorch(path, library)
                : $"{path} does not load: this system has no {library}, or one made for another system. TorchSharp's native library is made for systems with glibc, not for Alpine Linux. The loader says: {said}";
        }
        if (words.Contains("undefined symbol", StringComparison.Ordinal) || words.Contains("Symbol not found", StringComparison.Ordinal))
            return $"{path} does not load with the libtorch that was found: it is not the {TorchVersion.CompiledFor} that TorchSharp is made for. Reference {TorchVersion.CompiledFor}.0 of the libtorch package. The loader says: {said}";
        if (OperatingSystem.IsWindows() && !File.Exists(Path.Combine(Path.GetDirectoryName(path)!, "torch_cpu.dll"))) return NoLibtorch(path, "torch_cpu.dll");
        return $"{path} does not load. The loader says: {said}";
    }

    /// <summary>Whether the loader lacks a version in a library of the system.</summary>
    public static bool SystemIsTooOld(string words) => NeededVersion().IsMatch(words);

    static string NewerSystem(Match match)
    {
        string library = match.Groups["library"].Value, needed = match.Groups["version"].Value, by = match.Groups["by"].Value;
        string newest = Newest(library, needed[..(needed.IndexOf('_', StringComparison.Ordinal) + 1)]) is { } found ? $"goes up to {found}" : "does not have it";
        string remedy = needed == "GLIBCXX_3.4.32"
            ? "Let the build of the program adapt TorchSharp's native library: reference the package LoraComposition without LibstdcxxRemedy=false, or publish with -p:LibstdcxxRemedy=always where the building system is a newer one. Or use a system with the libstdc++ of GCC 13 (Debian 13, Ubuntu 24.04)."
            : "Use a newer system.";
        return $"{by} needs {needed}, and {library} of this system {newest}. {remedy}";
    }

    static string NoLibtorch(string path, string library)
    {
        string package = OperatingSystem.IsWindows() ? "libtorch-cpu-win-x64" : OperatingSystem.IsMacOS() ? "libtorch-cpu-osx-arm64" : "libtorch-cpu-linux-x64";
        return $"libtorch is missing: {path} needs {library}, which is neither beside it nor loaded. Reference the package {package} {TorchVersion.CompiledFor}.0 in the project of the program (or TorchSharp-cpu, TorchSharp-cuda-linux, TorchSharp-cuda-windows), or load the libtorch of a PyTorch {TorchVersion.CompiledFor} install with TorchBackend.Load before the first use of torch.";
    }

    /// <summary>The newest version with a prefix that a library names, as <c>GLIBCXX_3.4.30</c>.</summary>
    static string? Newest(string library, string prefix)
    {
        var file = new FileInfo(library);
        if (!file.Exists || file.Length > LongestLibrary) return null;
        return Regex.Matches(Encoding.Latin1.GetString(File.ReadAllBytes(library)), Regex.Escape(prefix) + @"(\d+(?:\.\d+)+)\0", RegexOptions.CultureInvariant)
            .MaxBy(match => Version.Parse(match.Groups[1].Value))?.Value.TrimEnd('\0');
    }

    // /lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)
    [GeneratedRegex(@"(?<library>\S+): version [`'](?<version>\w+[\w.]*)' not found \(required by (?<by>[^)\n]+)\)", RegexOptions.CultureInvariant)]
    private static partial Regex NeededVersion();

    // glibc: libtorch.so: cannot open shared object file; musl: Error loading shared library libtorch.so; macOS: Library not loaded: @rpath/libtorch.dylib
    [GeneratedRegex(@"(?<library>\S+): cannot open shared object file|(?:Error loading shared library|Library not loaded:) (?:@rpath/)?(?<library>[^\s:]+)",
        RegexOptions.CultureInvariant)]
    private static partial Regex MissingLibrary();
}
