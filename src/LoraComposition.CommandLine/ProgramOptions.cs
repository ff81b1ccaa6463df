using System.CommandLine;
using System.CommandLine.Parsing;

namespace LoraComposition.CommandLine;

/// <summary>The options that every program has: which libtorch of an existing install to use, and whether to say more.</summary>
public static class ProgramOptions
{
    static readonly Option<string?> libtorchFolder = new("--libtorch") { Description = $"Use the libtorch of a PyTorch install: its folder torch/lib. For a program built with -p:TorchBackend=none. Default: {TorchBackend.EnvironmentVariable} of the environment.", HelpName = "DIR", Recursive = true };

    static readonly Option<bool> anyVersion = new("--libtorch-any-version") { Description = "Try a libtorch of another version than TorchSharp was compiled for.", Recursive = true };

    /// <summary>Whether to say more on standard error: what is done, where the program keeps a log, and the stack trace of an error.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Say more on standard error: what is done, and the stack trace of an error.",
        Recursive = true
    };

    /// <summary>Adds the options to a root command all of whose commands compute with libtorch.</summary>
    /// <param name="root">The command.</param>
    public static void AddTo(RootCommand root) => AddTo(root, [root]);

    /// <summary>Adds the options to a root command. Where a command computes nothing, libtorch is neither asked for nor loaded.</summary>
    /// <param name="root">The command.</param>
    /// <param name="computing">The commands that compute with libtorch, with all below them.</param>
    public static void AddTo(RootCommand root, IReadOnlyList<Command> computing)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(computing);
        foreach (var command in computing)
        {
            command.Add(libtorchFolder);
            command.Add(anyVersion);
        }
        root.Add(Verbose);
    }

    /// <summary>Loads what the options or the environment name, before anything uses torch.</summary>
    /// <param name="parsed">The command line.</param>
    /// <exception cref="TorchBackendException">It cannot be loaded.</exception>
    /// <exception cref="UsageException">The program has no libtorch of its own, and none is named.</exception>
    internal static void Load(ParseResult parsed)
    {
        // Help and the version need no torch.
        if (parsed.Action != parsed.CommandResult.Command.Action || !Computes(parsed.CommandResult)) return;
        bool any = parsed.GetValue(anyVersion);
        if (parsed.GetValue(libtorchFolder) is { } folder)
        {
            if (string.IsNullOrWhiteSpace(folder)) throw new UsageException("--libtorch is empty; give the folder torch/lib of a PyTorch install.");
            TorchBackend.Load(folder, any);
        }
        else if (TorchBackend.IsNeeded && string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(TorchBackend.EnvironmentVariable)))
            throw new UsageException($"This program was built without libtorch (TorchBackend=none): give --libtorch DIR, the folder torch/lib of a PyTorch install, or set {TorchBackend.EnvironmentVariable} to it.");
        else TorchBackend.LoadFromEnvironment(any);
    }

    static bool Computes(CommandResult command)
    {
        for (var at = command; at is not null; at = at.Parent as CommandResult)
            if (at.Command.Options.Contains(libtorchFolder)) return true;
        return false;
    }
}
