using System.CommandLine;
using LoraComposition.CommandLine;
using LoraComposition.FewShot;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using Spectre.Console;
using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary><c>compose</c>: writes a composition of adapters as one adapter or as a whole checkpoint.</summary>
static class ComposeCommand
{
    static readonly Option<string?> @base = new("--base")
    {
        Description = $"{CommonOptions.BaseDescription} A ViT or a T5 is computed with to check the result; into another one adapters are merged by the names of its tensors. Without it the adapters are composed from their files alone, whatever their architecture.",
        HelpName = "DIR",
    };

    static readonly Option<string[]> adapters = CommonOptions.Adapters($"Without --base of a ViT or T5 also a .safetensors file as kohya's scripts or diffusers write it. {CommonOptions.Many}");
    static readonly MethodOptions method = new();
    static readonly Option<string> weights = new("--weights")
    {
        Description = "What each adapter's updates are multiplied with before the method sees them: uniform (1, and the mean is taken); one real number for each adapter, as in 0.5,0.3,0.2; or the weights.json of a learned composition.",
        DefaultValueFactory = _ => "uniform",
    };

    static readonly Option<string> form = new("--as")
    {
        Description = "What to write: adapter (one PEFT folder) or checkpoint (the whole model, merged; with --base).",
        DefaultValueFactory = _ => "adapter",
    };

    static readonly Option<int?> rank = new("--rank") { Description = "Compress the adapter to at most this rank. Default: exact where the rank allows it, else the sum of the adapters' ranks.", HelpName = "K" };
    static readonly Option<double?> energy = new("--energy") { Description = "Compress each layer to the smallest rank that keeps this share of its energy, as in 0.99." };
    static readonly Option<string> output = CommonOptions.Out();
    static readonly Option<bool> force = CommonOptions.Force();
    static readonly Option<string> spelling = new("--spelling")
    {
        Description = "With --base: the layers' names in the adapter: v5 (transformers since 5) or v4 (before).",
        DefaultValueFactory = _ => "v5"
    };

    static readonly Option<bool> unmerge = new("--unmerge")
    {
        Description = "Take the composition out of the --base, into which it was merged, and write the checkpoint before; says what rounding may have changed."
    };

    static readonly Option<string?> compare = new("--compare") { Description = "A checkpoint to compare the written one with, tensor by tensor: of --unmerge, the model before the merge.", HelpName = "DIR" };
    static readonly Option<bool> anyBase = new("--any-base") { Description = "Without --base: compose adapters whose files name different base models all the same." };
    static readonly Option<string?> head = new("--head")
    {
        Description = "The adapter whose saved modules (its head, changed embeddings) the result gets, where the adapters' differ. Default: those of the only adapter that has some, or that all have alike.",
        HelpName = "NAME",
    };

    static readonly Option<bool> dropSaved = new("--drop-saved") { Description = "Leave saved modules out; a checkpoint then keeps the head of the base." };

    static readonly Option<string?> dtype = new("--dtype")
    {
        Description = "The type of the written numbers: float32, bfloat16 or float16. Default: float32 for an adapter; in a checkpoint each tensor keeps the type that it has in the base.",
        HelpName = "TYPE",
    };

    const string Description = "Composes adapters and writes the result, checked by reading it again: on a base model, or of any architecture without one.";

    const string Examples = """
        lora-compose compose --base vit --adapter a --adapter b --as adapter --out composed
        lora-compose compose --base vit --adapter a --adapter b --weights 0.7,0.3 --as checkpoint --out merged
        lora-compose compose --base vit --adapter a --adapter b --energy 0.99 --out small
        lora-compose compose --adapter a b c --method ties --density 0.3 --out merged
        lora-compose compose --base llama --adapter a b --as checkpoint --out llama-ab
        lora-compose compose --base llama-ab --adapter a b --unmerge --out llama-again
        lora-compose compose --adapter a b --method dare --density 0.5 --seed 0 --rank 32 --out merged
        lora-compose compose --base flan-t5-large --adapter adapters/sciq --adapter adapters/quail --as checkpoint --out merged
        """;

    public static Command Create()
    {
        var command = new ToolCommand("compose", Description, Examples) { adapters, @base };
        foreach (var option in method.All) command.Add(option);
        foreach (var option in (Option[])[weights, form, rank, energy, output, force, spelling, dtype, unmerge, compare, anyBase, head, dropSaved]) command.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            var settings = Read(parsed);
            // Ctrl+C is listened to only once the action has returned its task.
            return Task.Run(() =>
            {
                using (var fetching = ProgressReporter.ForStandardError())
                {
                    settings = settings with
                    {
                        Base = HubInputs.Folder(parsed, settings.Base, fetching, cancellation),
                        Adapters = HubInputs.Folders(parsed, settings.Adapters, fetching, cancellation),
                    };
                }
                if (settings.Base is null) return Run(parsed, MergeJob.Run, report => report.Doubts, Print, settings, cancellation);
                if (settings.Unmerge || settings.CompareWith is not null || !BaseModel.IsKnown(settings.Base)) return Run(parsed, ShardJob.Run, report => report.Doubts, Print, ForShards(parsed, settings), cancellation);
                ComposeReport report;
                ErrorLog? log;
                using (var progress = ProgressReporter.ForStandardError())
                {
                    log = ErrorLog.For(parsed, progress.Report);
                    report = ComposeJob.Run(settings, log, progress, cancellation);
                    // An adapter without effect is hardly meant, so it is said where a script that reads the result sees it too.
                    ErrorLog.Tell(report.ZeroWarnings, log, progress);
                }
                ToolOutput.Write(parsed, report, (console, result) => Print(console, result, log));
                return ExitCodes.Done;
            }, CancellationToken.None);
        });
        return command;
    }

    static int Run<T>(ParseResult parsed, Func<ComposeSettings, ILogger?, IProgressReporter, CancellationToken, T> job, Func<T, IReadOnlyList<string>> doubts,
        Action<IAnsiConsole, T> print, ComposeSettings settings, CancellationToken cancellation)
    {
        T report;
        using (var progress = ProgressReporter.ForStandardError())
        {
            report = job(settings, ErrorLog.For(parsed, progress.Report), progress, cancellation);
            foreach (string warning in doubts(report)) progress.Report($"warning: {warning}");
        }
        ToolOutput.Write(parsed, report, print);
        return ExitCodes.Done;
    }

    /// <exception cref="UsageException">Something is asked for that merging by the names of tensors does not do.</exception>
    static ComposeSettings ForShards(ParseResult parsed, ComposeSettings settings)
    {
        if (settings.Form == ComposeForm.Adapter && !settings.Unmerge)
            throw new UsageException("--as adapter needs no --base of this architecture: leave --base out, or give --as checkpoint to merge into it.");
        if (settings.Compression is not null) throw new UsageException("--rank and --energy are for --as adapter; a checkpoint takes the exact composition at no cost.");
        if (parsed.GetValue(head) is not null) throw new UsageException($"{head.Name}: merging by the names of tensors leaves modules that were saved whole out; leave the option out too.");
        foreach (var option in (Option[])[dtype, spelling])
            if (parsed.GetResult(option) is { Implicit: false }) throw new UsageException($"{option.Name}: merging by the names of tensors keeps the types and names of the base; leave it out.");
        return settings;
    }

    static ComposeSettings Read(ParseResult parsed)
    {
        bool hasBase = parsed.GetValue(@base) is not null;
        var folders = parsed.GetValue(adapters)!;
        var compression = ReadCompression(parsed);
        var asked = parsed.GetValue(form) switch
        {
            "adapter" => ComposeForm.Adapter,
            "checkpoint" => ComposeForm.Checkpoint,
            var other => throw new UsageException($"--as {other}: expected adapter or checkpoint."),
        };
        if (asked == ComposeForm.Checkpoint && !hasBase) throw new UsageException("--as checkpoint needs the --base that the adapters are merged into.");
        if (!hasBase && (parsed.GetValue(unmerge) || parsed.GetValue(compare) is not null)) throw new UsageException("--unmerge and --compare need the --base that the adapters were merged into.");
        if (!hasBase && parsed.GetResult(spelling) is { Implicit: false }) throw new UsageException("--spelling needs a --base; without it the layers are called as in the adapters.");
        if (hasBase && parsed.GetResult(anyBase) is { Implicit: false }) throw new UsageException($"{anyBase.Name} is for composing without --base; with it the base decides what fits.");
        if (parsed.GetValue(head) is not null && parsed.GetValue(dropSaved)) throw new UsageException("--head and --drop-saved exclude each other; give one of them.");
        if (asked == ComposeForm.Checkpoint && compression is not null)
            throw new UsageException("--rank and --energy are for --as adapter; a checkpoint takes the exact composition at no cost.");
        return new ComposeSettings
        {
            Base = parsed.GetValue(@base),
            Adapters = folders,
            Weights = WeightChoice.Parse(parsed.GetValue(weights)!, folders.Length),
            Method = method.Read(parsed),
            Form = asked,
            Compression = compression,
            Out = OutputFolder.Read(parsed, output, force),
            Replace = parsed.GetValue(force),
            Spelling = parsed.GetValue(spelling) switch
            {
                "v5" => ModuleSpelling.Transformers5,
                "v4" => ModuleSpelling.Transformers4,
                var other => throw new UsageException($"--spelling {other}: expected v4 or v5."),
            },
            Unmerge = parsed.GetValue(unmerge),
            CompareWith = parsed.GetValue(compare),
            AnyBase = parsed.GetValue(anyBase),
            SavedFrom = parsed.GetValue(head),
            DropSaved = parsed.GetValue(dropSaved),
            Dtype = parsed.GetValue(dtype) switch
            {
                null => null,
                "float32" => ScalarType.Float32,
                "bfloat16" => ScalarType.BFloat16,
                "float16" => ScalarType.Float16,
                var other => throw new UsageException($"--dtype {other}: expected float32, bfloat16 or float16."),
            },
        };
    }

    static RankTarget? ReadCompression(ParseResult parsed) => (parsed.GetValue(rank), parsed.GetValue(energy)) switch
    {
        (null, null) => null,
        ({ }, { }) => throw new UsageException("--rank and --energy exclude each other; give one of them."),
        ({ } k, null) => k >= 1 ? RankTarget.Rank(k) : throw new UsageException($"--rank {k}: expected at least 1."),
        (null, { } share) => share is > 0 and <= 1 ? RankTarget.Energy(share)
            : throw new UsageException($"--energy {share}: expected a share above 0 and at most 1."),
    };

    static void Print(IAnsiConsole console, ComposeReport report, ErrorLog? log)
    {
        console.WriteLine($"Composed {report.Adapters.Count} adapters ({string.Join(", ", report.Adapters)}) on {report.Layers} layers.");
        if (report.Ranks is { } ranks) console.WriteLine($"Rank: {Range(ranks.Values)}.");
        if (report.Compression is { } layers)
        {
            Print(console, layers);
            console.WriteLine($"Compressing changes the outputs on random inputs by up to {report.CompressionError!.Largest:G3} ({report.CompressionError.Relative:P2} of the largest).");
        }
        if (report.HeadStatement is { } head) console.WriteLine(head);
        foreach (string warning in report.Warnings.Except(report.ZeroWarnings).Where(warning => log?.Holds(warning) != true))
            console.WriteLine($"warning: {warning}");
        console.WriteLine($"Wrote the {(report.Form == ComposeForm.Adapter ? "adapter" : "checkpoint")} to {report.Out}. Read again, it differs from the composition in memory by at most {report.WrittenError.Largest:G3} in outputs of up to {report.WrittenError.Scale:G3}.");
    }

    static void Print(IAnsiConsole console, ShardReport report)
    {
        console.WriteLine($"{(report.Unmerged ? "Took" : "Merged")} {report.Adapters.Count} adapters ({string.Join(", ", report.Adapters)}), composed by {By(report.Method, report.Settings)}, {(report.Unmerged ? "out of" : "into")} {report.Tensors.Count} tensors.");
        string types = string.Join(", ", report.Tensors.Select(tensor => tensor.Dtype).Distinct());
        console.WriteLine($"Rounding to {types} can have moved a number by at most {report.Tensors.Max(tensor => tensor.RoundingBound):G3}.");
        if (report.Tensors.Max(tensor => tensor.Difference) is { } difference) console.WriteLine($"The largest difference from the checkpoint to compare with is {difference:G3}.");
        foreach (string warning in report.Warnings.Except(report.Doubts)) console.WriteLine($"warning: {warning}");
        console.WriteLine($"Wrote the checkpoint to {report.Out}.");
    }

    static string By(string method, IReadOnlyDictionary<string, double> settings) =>
        method + string.Concat(settings.Select(pair => FormattableString.Invariant($", {pair.Key} {pair.Value}")));

    static void Print(IAnsiConsole console, MergeReport report)
    {
        console.WriteLine($"Composed {report.Adapters.Count} adapters ({string.Join(", ", report.Adapters)}) on {report.Layers} layers by {By(report.Method, report.Settings)}.");
        console.WriteLine($"Rank: {Range(report.Ranks.Values)}.");
        if (report.Compression is { } layers)
        {
            Print(console, layers);
            console.WriteLine($"Compressing changes a layer's update by {layers.Min(layer => layer.RelativeError):P2} to {layers.Max(layer => layer.RelativeError):P2} of its length (Frobenius norm).");
        }
        foreach (string warning in report.Warnings.Except(report.Doubts)) console.WriteLine($"warning: {warning}");
        console.WriteLine($"Wrote the adapter to {report.Out}.");
    }

    static void Print(IAnsiConsole console, IReadOnlyList<LayerCompression> layers)
    {
        var table = new ConsoleTable("layer", "rank", "retained energy", "relative error");
        foreach (var layer in layers) table.AddRow(layer.Path, $"{layer.RankBefore} → {layer.Rank}", $"{layer.RetainedEnergy:F6}", $"{layer.RelativeError:G3}");
        table.Write(console);
    }

    static string Range(IEnumerable<long> ranks) => ranks.Min() is var least && ranks.Max() is var most && least == most ? $"{least}" : $"{least} to {most}";
}
