using System.Runtime.InteropServices;
using TorchSharp;

namespace LoraComposition;

/// <summary>Uses torch for the first time, and says why TorchSharp's native library does not load where it does not. TorchSharp itself then only says that a package is missing.</summary>
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
        if (OperatingSystem.IsLinux() && Find(folders) is { } found && Refusal(found) is { } words && LoaderMessage.SystemIsTooOld(words)) throw new TorchBackendException(LoaderMessage.Explain(found, words));
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
