using LoraComposition.CommandLine;
using LoraComposition.FewShot;
using LoraComposition.Files;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary>Composes adapters, writes the result, reads it again and compares. Only a result that agrees is put in place.</summary>
static class ComposeJob
{
    // Shares of the outputs' scale. Float32 sums in another order differ by 1e-6; 16 bits round every weight by up to 0.4 %.
    const double Agreement = 1e-4, RoundedAgreement = 0.1;

    /// <summary>Runs the job.</summary>
    /// <exception cref="ModelFileException">An input is refused, or what was written does not compute the same.</exception>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="NonFiniteException">The base, an adapter or a weight gives no numbers; the message names it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing was written.</exception>
    public static ComposeReport Run(ComposeSettings settings, ILogger? logger, IProgressReporter progress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var bar = progress.Begin($"compose {settings.Adapters.Count} adapters", 4);
        using var model = BaseModel.Load(settings.Base!, logger: logger, cancellation: cancellation);
        using var set = AdapterSet.Load(settings.Adapters, logger);
        using var probe = Probe.For(model);
        cancellation.ThrowIfCancellationRequested();
        if (!OutputDifference.IsFinite(probe.Run()))
            throw new NonFiniteException($"{settings.Base}: the base model's own outputs are NaN or infinite, so nothing can be composed on it; its weights are too large to compute with.");
        var compatibility = AdapterCompatibility.Check(model, set.Adapters);
        var leftovers = OutputFolder.RemoveLeftovers(settings.Out);
        var head = HeadChoice.Of(settings, model, set.Adapters);
        // The outputs that are compared are then those of the head.
        if (settings.Form == ComposeForm.Checkpoint) head.PutOn(model);
        bar.Advance();

        using var beside = new DisposableList<FisherFile>();
        var method = settings.Method?.Create(() => beside.Fill(set.Adapters.Select(FisherFile.Open)));
        using var composition = settings.Weights.Attach(model, set.Adapters, method, logger);
        var exact = probe.Run();
        if (!OutputDifference.IsFinite(exact)) throw Culprit(model, set.Adapters, composition, probe);
        bar.Advance();
        var report = new ComposeReport
        {
            Out = settings.Out,
            Form = settings.Form,
            Adapters = [.. set.Adapters.Select(adapter => adapter.Name)],
            Layers = composition.Layers.Count,
            Head = head.Adapter?.Name,
            Warnings = [.. Warnings(set.Adapters, compatibility), .. head.Statement is { } said && head.Adapter is null ? [said] : Array.Empty<string>(), .. leftovers],
            ZeroWarnings = [.. set.Adapters.Select(adapter => adapter.ZeroWarning).OfType<string>()],
            WrittenError = new OutputDifference(0, 0),
        };
        report = report with { HeadStatement = head.Adapter is null ? null : head.Statement };
        Write(settings, compatibility, folder =>
        {
            report = settings.Form == ComposeForm.Adapter
                ? WriteAdapter(settings, model, composition, head.Head, set.RankLimit, probe, exact, folder, report, logger, cancellation)
                : WriteCheckpoint(settings, model, composition, exact, folder, report, logger, cancellation);
            bar.Advance();
            double most = IsRounded(settings, folder) ? RoundedAgreement : Agreement;
            if (!(report.WrittenError.Relative <= most))
                throw new ModelFileException(settings.Out,
                    $"what was written and read again differs by {report.WrittenError.Relative:G3} of the outputs from the composition, expected at most {most:G3}; nothing was kept.");
            cancellation.ThrowIfCancellationRequested();
        });
        bar.Advance();
        return report;
    }

    static bool IsRounded(ComposeSettings settings, string folder)
    {
        if (settings.Form == ComposeForm.Adapter) return settings.AdapterDtype.ElementSize() < 4;
        using var files = CheckpointFiles.Open(folder);
        return files.Names.Select(name => files.Find(name)!.Dtype).Any(dtype => dtype is ScalarType.Float16 or ScalarType.BFloat16);
    }

    static ComposeReport WriteAdapter(ComposeSettings settings, IBaseModel model, Composition composition, SavedHead? head, int rankLimit, Probe probe, Tensor exact, string folder,
        ComposeReport report, ILogger? logger, CancellationToken cancellation)
    {
        string name = AdapterSet.Named([settings.Out]).Single().Name;
        using var whole = composition.ToAdapter(name, settings.Spelling, head);
        // A method that needs the whole matrix leaves one of full rank.
        var asked = settings.Compression ?? (whole.Layers.Values.Any(layer => layer.Rank > rankLimit) ? RankTarget.Rank(rankLimit) : null);
        using var compressed = asked is { } target ? AdapterCompression.Compress(whole, target, logger: logger, cancellation: cancellation) : null;
        composition.Detach();
        var adapter = compressed?.Adapter ?? whole;
        var expected = compressed is null ? exact : Outputs(model, adapter, probe);
        adapter.Save(folder, new AdapterSaveOptions { Dtype = settings.AdapterDtype }, logger);
        using var read = LoraAdapter.Load(folder, name);
        return report with
        {
            Ranks = read.Layers.ToDictionary(layer => layer.Key, layer => layer.Value.Rank),
            Compression = compressed?.Layers,
            CompressionError = compressed is null ? null : OutputDifference.Between(exact, expected),
            WrittenError = OutputDifference.Between(expected, Outputs(model, read, probe)),
        };
    }

    static ComposeReport WriteCheckpoint(ComposeSettings settings, IBaseModel model, Composition composition, Tensor exact, string folder, ComposeReport report,
        ILogger? logger, CancellationToken cancellation)
    {
        var provenance = composition.ToProvenance();
        composition.MergeIntoBase();
        model.Save(folder, new CheckpointSaveOptions { Dtype = settings.Dtype, Provenance = provenance, Base = settings.Base }, logger,
            cancellation: cancellation);
        using var read = BaseModel.Load(folder, logger: logger, cancellation: cancellation);
        using var probe = Probe.For(read);
        return report with { WrittenError = OutputDifference.Between(exact, probe.Run()) };
    }

    static void Write(ComposeSettings settings, AdapterCompatibility compatibility, Action<string> write)
    {
        try
        {
            StagedFolder.Write(settings.Out, write, settings.Replace);
        }
        catch (ArgumentException e) when (compatibility.Outsized is [var adapter, ..])
        {
            // The type that cannot hold a number is the symptom.
            throw new NonFiniteException($"Adapter '{adapter}' is far out of proportion to the base: {FailureText.Of(e)}", e);
        }
    }

    static string[] Warnings(IReadOnlyList<LoraAdapter> adapters, AdapterCompatibility compatibility)
    {
        var own = adapters.SelectMany(adapter => adapter.Warnings.Select(warning => $"Adapter '{adapter.Name}': {warning}"));
        return [.. own.Concat(compatibility.Warnings).Distinct()];
    }

    /// <summary>What makes the outputs of a composition no numbers, where the base alone gives numbers.</summary>
    static NonFiniteException Culprit(IBaseModel model, IReadOnlyList<LoraAdapter> adapters, Composition composition, Probe probe)
    {
        var weights = composition.ReadWeights();
        composition.Detach();
        if (adapters.FirstOrDefault(adapter => !OutputDifference.IsFinite(Outputs(model, adapter, probe))) is { } broken)
            return new NonFiniteException($"Adapter '{broken.Name}': with it the base model's outputs are NaN or infinite; its training diverged, or its lora_alpha is wrong.");
        var (name, weight) = weights.SelectMany(layer => layer.Weights.Select((weight, n) => (adapters[n].Name, weight))).MaxBy(pair => Math.Abs(pair.weight));
        return new NonFiniteException($"With the weight {weight} of adapter '{name}' the outputs are NaN or infinite; give smaller weights.");
    }

    static Tensor Outputs(IBaseModel model, LoraAdapter adapter, Probe probe)
    {
        using var alone = Composition.AttachUniform(model, [adapter]);
        return probe.Run();
    }
}
