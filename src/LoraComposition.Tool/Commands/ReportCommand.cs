using System.CommandLine;
using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using Spectre.Console;

namespace LoraComposition.Tool;

/// <summary><c>report</c>: shows the results of experiments as one page.</summary>
static class ReportCommand
{
    static readonly Argument<string[]> results = new("RESULTS") { Description = "Folders that experiment programs wrote (their --out); sub-folders are looked through.", Arity = ArgumentArity.OneOrMore };
    static readonly Option<string> output = new("--out")
    {
        Description = "The HTML file to write. It must be missing, but for --force.",
        HelpName = "FILE",
        Required = true
    };
    static readonly Option<string?> figures = new("--figures")
    {
        Description = "A folder for the figures as SVG and PNG; empty or missing, but for --force.",
        HelpName = "DIR"
    };
    static readonly Option<string?> tables = new("--tables")
    {
        Description = "A folder for the tables as CSV and LaTeX; empty or missing, but for --force.",
        HelpName = "DIR"
    };
    static readonly Option<string> title = new("--title") { Description = "The title of the page.", DefaultValueFactory = _ => "Few-shot results" };
    static readonly Option<bool> force = CommonOptions.Replace();

    const string Description = "Shows the results of experiments as one HTML page: tables, plots, learned weights, and how to repeat them.";

    const string Examples = """
        lora-compose report results/label-shift --out report.html
        lora-compose report results --out report.html --figures figures --tables tables
        """;

    public static Command Create()
    {
        var command = new ToolCommand("report", Description, Examples) { results, output, figures, tables, title, force };
        command.SetAction(parsed =>
        {
            ToolOutput.Write(parsed, Write(parsed), Print);
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>What was written.</summary>
    sealed record Written(string Page, IReadOnlyList<string> Experiments, int Runs, string? FigureFolder, int? Figures, string? TableFolder, int? Tables);

    static Written Write(ParseResult parsed)
    {
        string page = OutputFile.Read(parsed, output, force);
        bool replace = parsed.GetValue(force);
        if (string.IsNullOrWhiteSpace(parsed.GetValue(title))) throw new UsageException("--title is empty; give a title.");
        string? figureFolder = Folder(parsed, figures, replace), tableFolder = Folder(parsed, tables, replace);
        var report = ResultsReport.Read(parsed.GetValue(results)!, parsed.GetValue(title)!);
        // The page comes last: where it is, all is there.
        int? drawn = figureFolder is null ? null : report.SaveFigures(figureFolder), tabled = tableFolder is null ? null : report.SaveTables(tableFolder);
        report.SavePage(page);
        return new Written(page, report.Experiments, report.RunCount, figureFolder, drawn, tableFolder, tabled);
    }

    static string? Folder(ParseResult parsed, Option<string?> option, bool replace)
    {
        if (parsed.GetValue(option) is not { } folder) return null;
        if (string.IsNullOrWhiteSpace(folder)) throw new UsageException($"{option.Name} is empty; give a folder.");
        if (File.Exists(folder)) throw new UsageException($"{option.Name} {folder}: this is a file; give a folder.");
        if (!replace && Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new UsageException($"{option.Name} {folder}: the folder is not empty; give another, or --force to write into it.");
        return folder;
    }

    static void Print(IAnsiConsole console, Written written)
    {
        console.WriteLine($"Wrote {written.Page}: {string.Join(", ", written.Experiments)}; {written.Runs} runs.");
        if (written.FigureFolder is { } drawn) console.WriteLine($"Wrote {written.Figures} figures to {drawn}.");
        if (written.TableFolder is { } tabled) console.WriteLine($"Wrote {written.Tables} tables to {tabled}.");
    }
}
