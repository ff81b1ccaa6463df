using System.Runtime.InteropServices;

namespace LoraComposition;

/// <summary>Lets a program that brings no libtorch of its own use that of an existing PyTorch install: the light way to a GPU.</summary>
/// <remarks>
/// TorchSharp loads its native library when torch is first used, and that library takes the libtorch that is in the process by then. So
/// <see cref="Load"/> comes first. The libraries stay loaded until the process ends. All members are thread-safe.
/// </remarks>
public static class TorchBackend
{
    /// <summary>The environment variable that <see cref="LoadFromEnvironment"/> reads: <c>LORA_COMPOSITION_LIBTORCH</c>.</summary>
    public const string EnvironmentVariable = "LORA_COMPOSITION_LIBTORCH";

    static readonly Lock gate = new();
    static string? begun, loaded;

    /// <summary>The folder whose libtorch was loaded, in full; null where none was.</summary>
    public static string? Loaded
    {
        get { lock (gate) return loaded; }
    }

    /// <summary>
    /// Whether this program was built without a libtorch of its own (<c>-p:TorchBackend=none</c>), so that it needs one before its first use of torch.
    /// </summary>
    public static bool IsNeeded => AppContext.GetData("LoraComposition.TorchBackend") is "none";

    /// <summary>Loads libtorch from a folder, before the first use of torch. Loading the same folder again does nothing.</summary>
    /// <param name="folder">The folder of the libraries: <c>torch/lib</c> of a PyTorch install, or <c>lib</c> of a libtorch archive.</param>
    /// <param name="anyVersion">Whether to try a version that nobody has seen TorchSharp work with. Default false: 2.10 and 2.11 only.</param>
    /// <exception cref="TorchBackendException">The folder is not one of libtorch, its version does not fit or is not known, a library does not load, or this
    /// program has a libtorch already.</exception>
    public static void Load(string folder, bool anyVersion = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        lock (gate)
        {
            if (loaded == full) return;
            // What was loaded stays loaded, also where a later library failed.
            if (begun is not null && begun != full)
                throw new TorchBackendException($"{full}: libtorch was loaded from {begun} already, and a process can hold one only.");
            var system = TorchLibraries.OfThisSystem;
            var files = system.In(full);
            if (OwnLibrary(system) is { } own)
                throw new TorchBackendException($"{full}: this program brings its own libtorch, {own}; build it with -p:TorchBackend=none to use another.");
            if (!anyVersion && TorchVersion.Stated(full) is { } stated) Check(full, stated);
            begun = full;
            foreach (string file in files)
            {
                nint handle = LoadLibrary(file);
                if (!anyVersion && Path.GetFileName(file) == system.Main) Check(full, TorchVersion.Reported(handle) ?? TorchVersion.Stated(full));
            }
            loaded = full;
        }
    }

    /// <summary>Loads libtorch from the folder that <see cref="EnvironmentVariable"/> names; does nothing where it is not set.</summary>
    /// <param name="anyVersion">Whether to try a version that nobody has seen TorchSharp work with. Default false: 2.10 and 2.11 only.</param>
    /// <exception cref="TorchBackendException">As for <see cref="Load"/>; or it is not set, and the program was built without a libtorch of its own.</exception>
    public static void LoadFromEnvironment(bool anyVersion = false)
    {
        if (Environment.GetEnvironmentVariable(EnvironmentVariable) is { } folder && !string.IsNullOrWhiteSpace(folder)) Load(folder, anyVersion);
        else if (IsNeeded && Loaded is null)
            throw new TorchBackendException($"This program was built without libtorch (TorchBackend=none). Set {EnvironmentVariable} to the folder torch/lib of a PyTorch {TorchVersion.Accepted} install.");
    }

    /// <summary>
    /// Uses torch for the first time and says why it does not load where it does not: a libstdc++ that is too old, a missing libtorch or one of another
    /// version. This library calls it
    /// before it uses torch; a program that uses torch earlier may call it first. Cheap once it has succeeded.
    /// </summary>
    /// <exception cref="TorchBackendException">TorchSharp's native library does not load.</exception>
    public static void EnsureLoads() => NativeLibraryCheck.EnsureLoads();

    internal static void Check(string folder, string? version)
    {
        if (version is null)
            throw new TorchBackendException($"{folder}: the version of this libtorch is not known, so it is older than 2.9; expected {TorchVersion.Accepted}, with which TorchSharp's native library works.");
        if (!TorchVersion.Fits(version))
            throw new TorchBackendException($"{folder}: this is libtorch {version}; expected {TorchVersion.Accepted}. TorchSharp's native library was compiled for {TorchVersion.CompiledFor}, and another version can load and then fail anywhere, as 2.14 does. Use PyTorch {TorchVersion.Accepted}, or allow any version to try this one.");
    }

    static nint LoadLibrary(string file)
    {
        try
        {
            return NativeLibrary.Load(file);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new TorchBackendException($"{file}: this library of libtorch does not load: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    // With a second libtorch beside TorchSharp's native library, both would be loaded, and register their operators twice.
    static string? OwnLibrary(TorchLibraries system) =>
        $"{AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES")}{Path.PathSeparator}{AppContext.BaseDirectory}"
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, system.Main))
            .FirstOrDefault(File.Exists);
}

/// <summary>TorchSharp's native library or libtorch cannot be used. The message names the file or folder, what was expected and found, and what to do.</summary>
public sealed class TorchBackendException : LoraCompositionException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public TorchBackendException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
