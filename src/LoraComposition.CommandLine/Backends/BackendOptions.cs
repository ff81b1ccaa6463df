using System.CommandLine;

namespace LoraComposition.CommandLine;

/// <summary>The options that name the libtorch of an existing install. Every program has them on its root command.</summary>
public static class BackendOptions
{
    static readonly Option<string?> Folder = new("--libtorch") { Description = $"Use the libtorch of a PyTorch install: its folder torch/lib. For a program built with -p:TorchBackend=none. Default: {TorchBackend.EnvironmentVariable} of the environment.", HelpName = "DIR", Recursive = true };

    static readonly Option<bool> anyVersion = new("--libtorch-any-version") { Description = "Try a libtorch of another version than TorchSharp was compiled for.", Recursive = true };

    /// <summary>Adds the options to a root command.</summary>
    /// <param name="root">The command.</param>
    public static void AddTo(RootCommand root)
    {
        ArgumentNullException.ThrowIfNull(root);
        root.Add(Folder);
        root.Add(anyVersion);
    }

    /// <summary>Loads what the options or the environment name, before anything uses torch.</summary>
    /// <param name="parsed">The command line.</param>
    /// <exception cref="TorchBackendException">It cannot be loaded.</exception>
    /// <exception cref="UsageException">The program has no libtorch of its own, and none is named.</exception>
    internal static void Load(ParseResult parsed)
    {
        // Help and the version need no torch.
        if (parsed.Action != parsed.CommandResult.Command.Action) return;
        bool any = parsed.GetValue(anyVersion);
        if (parsed.GetValue(Folder) is { } folder)
        {
            if (string.IsNullOrWhiteSpace(folder)) throw new UsageException("--libtorch is empty; give the folder torch/lib of a PyTorch install.");
            TorchBackend.Load(folder, any);
        }
        else if (TorchBackend.IsNeeded && string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(TorchBackend.EnvironmentVariable)))
            throw new UsageException($"This program was built without libtorch (TorchBackend=none): give --libtorch DIR, the folder torch/lib of a PyTorch install, or set {TorchBackend.EnvironmentVariable} to it.");
        else TorchBackend.LoadFromEnvironment(any);
    }
}
