using System.Text.Json.Serialization;
using LoraComposition.CommandLine;
using LoraComposition.FewShot;
using LoraComposition.Files;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary>Composes adapters of any architecture without a base model, a layer at a time, and reads some of the result again.</summary>
static class MergeJob
{
    // A share of the largest entry. 16 bits round a product of two factors by up to 1 %.
    const double Agreement = 1e-5, RoundedAgreement = 0.05;

    /// <summary>Runs the job.</summary>
    /// <exception cref="ModelFileException">An input is refused, or what was written is not what was composed.</exception>
    /// <exception cref="ArgumentException">The method cannot compose these adapters.</exception>
    /// <exception cref="NonFiniteException">A composed update is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing was written.</exception>
    public static MergeReport Run(ComposeSettings settings, ILogger? logger, IProgressReporter progress, CancellationToken cancellation)
    {
        using var inputs = new MergeInputs(settings, logger);
        var (files, method, merge) = (inputs.Files, inputs.Method, inputs.Merge);
        var doubts = inputs.Merge.ReadWarnings();
        var leftovers = OutputFolder.RemoveLeftovers(settings.Out);
        var options = new AdapterMergeOptions { Compression = settings.Compression, Dtype = settings.AdapterDtype, SavedFrom = settings.SavedFrom, DropSaved = settings.DropSaved };
        using var bar = progress.Begin($"compose {files.Count} adapters", merge.Layers.Count);
        IReadOnlyList<LayerCompression> layers = [];
        StagedFolder.Write(settings.Out, folder =>
        {
            layers = merge.Save(folder, options, logger, new Steps(bar), cancellation);
            Verify(settings, merge, layers, folder);
        }, settings.Replace);
        return new MergeReport
        {
            Out = settings.Out,
            Adapters = [.. files.Select(file => file.Name)],
            Method = method.Name,
            Settings = method.Settings,
            Layers = layers.Count,
            Ranks = layers.ToDictionary(layer => layer.Path, layer => layer.Rank),
            Compression = layers.Any(layer => layer.Rank < layer.RankBefore) ? layers : null,
            Doubts = doubts,
            Warnings = [.. files.SelectMany(file => file.Warnings.Select(warning => $"Adapter '{file.Name}': {warning}")).Concat(leftovers).Concat(doubts)],
        };
    }

    /// <summary>Reads the first, the middle and the last layer again and compares them with what they were composed to.</summary>
    static void Verify(ComposeSettings settings, AdapterMerge merge, IReadOnlyList<LayerCompression> layers, string folder)
    {
        using var read = AdapterFile.Open(folder, options: new AdapterLoadOptions { AnyArchitecture = true });
        if (!read.Layers.Keys.SequenceEqual(merge.Layers.Select(layer => layer.Path), StringComparer.Ordinal))
            throw new ModelFileException(settings.Out, $"what was written holds {read.Layers.Count} layers, expected {merge.Layers.Count}; nothing was kept.");
        foreach (int i in new[] { 0, layers.Count / 2, layers.Count - 1 }.Distinct())
        {
            using var scope = NewDisposeScope();
            using var expected = merge.ToDelta(layers[i].Path, settings.Compression, out _);
            using var found = read.Read(layers[i].Path);
            // Against a random input, so that no matrix of the layer's size is made.
            using var generator = new Generator(0, CPU);
            var input = randn([expected.InFeatures, 1], dtype: ScalarType.Float64, generator: generator);
            var difference = OutputDifference.Between(Apply(expected, input), Apply(found, input));
            double most = settings.AdapterDtype.ElementSize() > 2 ? Agreement : RoundedAgreement;
            if (!(difference.Relative <= most))
                throw new ModelFileException(settings.Out,
                    $"layer '{layers[i].Path}' was written and read again and differs by {difference.Relative:G3} from the composition, expected at most {most:G3}; nothing was kept.");
        }
    }

    static Tensor Apply(LoraDelta delta, Tensor input) =>
        delta.B.to(ScalarType.Float64).matmul(delta.A.to(ScalarType.Float64).matmul(input)).mul(delta.Scaling);

    sealed class Steps(IProgressTask bar) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => bar.Advance();
    }
}

/// <summary>What composing without a base model did.</summary>
sealed record MergeReport
{
    public required string Out { get; init; }
    public required IReadOnlyList<string> Adapters { get; init; }
    public required string Method { get; init; }
    public required IReadOnlyDictionary<string, double> Settings { get; init; }

    /// <summary>The number of layers.</summary>
    public required int Layers { get; init; }

    /// <summary>The rank of each layer of the written adapter.</summary>
    public required IReadOnlyDictionary<string, long> Ranks { get; init; }

    /// <summary>What compressing did to each layer; null where every layer is exact.</summary>
    public IReadOnlyList<LayerCompression>? Compression { get; init; }

    /// <summary>What readers of the result should know.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Those of <see cref="Warnings"/> that say that what was asked for is hardly meant.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Doubts { get; init; } = [];
}
