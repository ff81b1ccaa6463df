using Microsoft.Extensions.Logging;

namespace LoraComposition.Tool;

/// <summary>The adapters of a command line, open and composed by its method without a model that computes.</summary>
sealed class MergeInputs : IDisposable
{
    readonly DisposableList<AdapterFile> adapters = new();
    readonly DisposableList<FisherFile> fisher = new();

    /// <exception cref="ModelFileException">An input is refused.</exception>
    public MergeInputs(ComposeSettings settings, ILogger? logger)
    {
        try
        {
            Files = adapters.Fill(AdapterSet.Named(settings.Adapters).Select(adapter =>
                AdapterFile.Open(adapter.Folder, adapter.Name, new AdapterLoadOptions { AnyArchitecture = true }, logger)));
            Method = settings.Method?.Create(() => fisher.Fill(Files.Select(FisherFile.Open))) ?? settings.Weights.DefaultMethod;
            Merge = new AdapterMerge(Files, Method, settings.Weights.ByLayer(Files), settings.AnyBase);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IReadOnlyList<AdapterFile> Files { get; }

    public MergeMethod Method { get; }

    public AdapterMerge Merge { get; }

    public void Dispose()
    {
        fisher.Dispose();
        adapters.Dispose();
    }
}
