namespace LoraComposition;

/// <summary>The libraries of libtorch on one system, in the order in which they need each other.</summary>
/// <remarks>
/// Each finds what it needs beyond these by its own search path (<c>$ORIGIN/../../nvidia/…</c> in a PyTorch wheel). The ones that carry CUDA are not
/// needed by any other, so nothing loads them unless they are named.
/// </remarks>
internal sealed class TorchLibraries
{
    public static readonly TorchLibraries Linux = new("libtorch_cpu.so",
        new("libgomp*.so*", Required: false), new("libc10.so"), new("libtorch_cpu.so"), new("libc10_cuda.so", Required: false), new("libtorch_cuda.so", Required: false), new("libtorch.so"));

    public static readonly TorchLibraries Windows = new("torch_cpu.dll",
        new("libiomp5md.dll", Required: false), new("c10.dll"), new("torch_cpu.dll"), new("c10_cuda.dll", Required: false), new("torch_cuda.dll", Required: false), new("torch.dll"));

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
