using LoraComposition.Adapters;
using LoraComposition.Attachments;
using LoraComposition.Compression;
using LoraComposition.FewShot.Progress;
using LoraComposition.Models.Vit;
using LoraComposition.Serialization;
using LoraComposition.Tool.Inputs;
using static TorchSharp.torch;

namespace LoraComposition.Tool.Composing;

/// <summary>Composes adapters, writes the result, reads it again and compares. Only a result that agrees is put in place.</summary>
static class ComposeJob
{
    const double Agreement = 1e-4;   // of the outputs' scale; float32 sums in another order differ by 1e-6
    const string Preprocessing = "preprocessor_config.json";

    /// <summary>Runs the job.</summary>
    /// <exception cref="ModelFileException">An input is refused, or what was written does not compute the same.</exception>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing was written.</exception>
    public static ComposeReport Run(ComposeSettings settings, IProgressReporter progress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var bar = progress.Begin($"compose {settings.Adapters.Count} adapters", 4);
        using var model = VisionTransformer.Load(settings.Base);
        using var set = AdapterSet.Load(settings.Adapters);
        using var probe = new Probe(model.Config);
        cancellation.ThrowIfCancellationRequested();
        bar.Advance();

        using var composition = settings.Weights.Attach(model, set.Adapters);
        var exact = probe.Run(model);
        bar.Advance();
        var report = new ComposeReport
        {
            Out = settings.Out,
            Form = settings.Form,
            Adapters = composition.AdapterNames,
            Layers = composition.Layers.Count,
            Warnings = [],
            WrittenError = new OutputDifference(0, 0),
        };
        StagedFolder.Write(settings.Out, folder =>
        {
            report = settings.Form == ComposeForm.Adapter
                ? WriteAdapter(settings, model, composition, probe, exact, folder, report)
                : WriteCheckpoint(settings, model, composition, probe, exact, folder, report);
            bar.Advance();
            if (!(report.WrittenError.Relative <= Agreement))
                throw new ModelFileException(settings.Out, $"what was written and read again differs by {report.WrittenError.Relative:G3} of the outputs from the composition, expected at most {Agreement:G3}; nothing was kept.");
            cancellation.ThrowIfCancellationRequested();
        });
        bar.Advance();
        return report;
    }

    static ComposeReport WriteAdapter(ComposeSettings settings, VisionTransformer model, Composition composition, Probe probe, Tensor exact, string folder, ComposeReport report)
    {
        string name = AdapterSet.Named([settings.Out]).Single().Name;
        using var whole = composition.ToAdapter(name, settings.Spelling);
        using var compressed = settings.Compression is { } target ? AdapterCompression.Compress(whole, target) : null;
        composition.Detach();
        var adapter = compressed?.Adapter ?? whole;
        var expected = compressed is null ? exact : Outputs(model, adapter, probe);
        adapter.Save(folder);
        using var read = LoraAdapter.Load(folder, name);
        return report with
        {
            Ranks = read.Layers.ToDictionary(layer => layer.Key, layer => layer.Value.Rank),
            Compression = compressed?.Layers,
            CompressionError = compressed is null ? null : OutputDifference.Between(exact, expected),
            WrittenError = OutputDifference.Between(expected, Outputs(model, read, probe)),
        };
    }

    static ComposeReport WriteCheckpoint(ComposeSettings settings, VisionTransformer model, Composition composition, Probe probe, Tensor exact, string folder, ComposeReport report)
    {
        composition.MergeIntoBase();
        model.Save(folder);
        string preprocessing = Path.Combine(settings.Base, Preprocessing);
        if (File.Exists(preprocessing)) File.Copy(preprocessing, Path.Combine(folder, Preprocessing));
        using var read = VisionTransformer.Load(folder);
        return report with { WrittenError = OutputDifference.Between(exact, probe.Run(read)) };
    }

    static Tensor Outputs(VisionTransformer model, LoraAdapter adapter, Probe probe)
    {
        using var alone = Composition.AttachUniform(model, [adapter]);
        return probe.Run(model);
    }
}
