using System.CommandLine;
using LoraComposition.CommandLine;
using Spectre.Console;

namespace LoraComposition.Tool;

/// <summary><c>check</c>: says whether adapters fit a base, why not, and how alike they are.</summary>
static class CheckCommand
{
    static readonly Option<string> @base = CommonOptions.Base();
    static readonly Option<string[]> adapters = CommonOptions.Adapters();

    const string Description = "Says for each adapter what matches the base and what is refused and why, and how alike the adapters are. Exit code 1 when anything is refused.";

    const string Examples = """
        lora-compose check --base vit --adapter a --adapter b
        lora-compose check --base vit --adapter a --adapter b --json
        lora-compose check --base flan-t5-large --adapter adapters/sciq --adapter adapters/quail
        """;

    public static Command Create()
    {
        var command = new ToolCommand("check", Description, Examples) { @base, adapters };
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            CheckReport report;
            using (var progress = ProgressReporter.ForStandardError())
            {
                report = CompatibilityCheck.Run(HubInputs.Folder(parsed, parsed.GetValue(@base)!, progress, cancellation),
                    HubInputs.Folders(parsed, parsed.GetValue(adapters)!, progress, cancellation), cancellation);
            }
            ToolOutput.Write(parsed, report, Print);
            return report.AllFit ? ExitCodes.Done : ExitCodes.Refused;
        }, CancellationToken.None));
        return command;
    }

    static void Print(IAnsiConsole console, CheckReport report)
    {
        foreach (var adapter in report.Adapters)
        {
            console.WriteLine(adapter.Fits
                ? $"{adapter.Name}: fits. {adapter.Matched.Count} layers, rank {(adapter.Ranks![0] == adapter.Ranks[1] ? $"{adapter.Ranks[0]}" : $"{adapter.Ranks[0]} to {adapter.Ranks[1]}")}, norm {adapter.Norm:G4}."
                : $"{adapter.Name}: refused. {adapter.Refusals[0]}{(adapter.Refusals.Count > 1 ? $" And {adapter.Refusals.Count - 1} more; --json lists them." : "")}");
            foreach (string warning in adapter.Warnings) console.WriteLine($"  warning: {warning}");
        }
        foreach (string warning in report.Warnings) console.WriteLine($"warning: {warning}");
        if (report.Pairs.Count > 0)
        {
            var table = new ConsoleTable("adapter", "adapter", "cosine of the updates") { LeftColumns = 2 };
            foreach (var pair in report.Pairs) table.AddRow(pair.First, pair.Second, $"{pair.Cosine:F4}");
            table.Write(console);
        }
        console.WriteLine(report.AllFit ? "All adapters fit the base."
            : $"{report.Adapters.Count(adapter => !adapter.Fits)} of {report.Adapters.Count} adapters are refused.");
    }
}
