using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace CovariateShift;

/// <summary>The options of the program, and how they become settings.</summary>
static class CovariateShiftCommand
{
    static readonly ExperimentDefaults embeddedDefaults = new() { Kind = "embedded", Out = "results/covariate-shift", Shots = "1,5", Validation = 5, Tuning = new TuningOptions { Training = new TrainingOptions { Steps = 40 } } };
    static readonly ExperimentDefaults pacsDefaults = embeddedDefaults with { Kind = "pacs", Shots = "1,5,10,50,100,all", Validation = 10 };

    static readonly Option<string> dataOption = new("--data") { Description = "embedded (fractal shapes in four styles, nothing to download), pacs=DIR, or under any other name your own NAME=DIR: <domain>/<class>/*, the same classes in each domain. pacs alone takes --path.", DefaultValueFactory = _ => "embedded" };
    static readonly Option<string?> dataPath = new("--path") { Description = "The folder of PACS: <domain>/<class>/*.jpg or *.png, or the hub's parquet files." };
    static readonly Option<string?> upstreamOption = new("--upstream") { Description = "The domains to train modules for, names with commas between. Default: all others." };
    static readonly Option<string?> downstreamOption = new("--downstream") { Description = "The domain to learn from few images: points, painting, cartoon or sketch; of PACS art_painting, cartoon, photo or sketch; of your own the name of its folder. Default: the second of embedded's, else the first." };
    static readonly ExperimentOptions shared = new("samples/CovariateShift", [embeddedDefaults, pacsDefaults], "A ViT in a model-hub folder (config.json, model.safetensors, preprocessor_config.json).", "Labelled images per class", "Images per class held out of train for early stopping.");

    const string Examples = """
        The covariate-shift experiment of arXiv:2402.15414 (Tab. 3 and 7): modules trained on the same classes in other domains help to learn them in a new one.

        Examples:
          dotnet run -c Release --project samples/CovariateShift
          dotnet run -c Release --project samples/CovariateShift -- --downstream sketch --shots 1,5
          dotnet run -c Release --project samples/CovariateShift -- --data things=my-pictures --upstream photo,clipart --downstream sketch --validation 3
          dotnet run -c Release --project samples/CovariateShift -- --data pacs=PACS --downstream art_painting --model vit-base-patch32-224-in21k --device cuda

        Exit codes: 0 done, 1 bad data, 2 wrong usage, 130 stopped with Ctrl+C.
        """;

    public static Task<int> InvokeAsync(string[] arguments) =>
        Create().Parse(arguments).InvokeWithExitCodesAsync("Stopped. What is finished is saved; the same command goes on from there.");

    static RootCommand Create()
    {
        var command = new RootCommand(Examples) { dataOption, dataPath, upstreamOption, downstreamOption };
        foreach (var option in shared.All) command.Add(option);
        ProgramOptions.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var settings = Read(parsed);
            return ExperimentInvocation.RunAsync(parsed, settings.Experiment, () => CovariateShiftProgram.Run(settings, cancellation));
        });
        return command;
    }

    static CovariateShiftSettings Read(ParseResult parsed)
    {
        var (domains, defaults, usual) = ReadData(parsed.GetValue(dataOption)!, parsed.GetValue(dataPath));
        string? asked = parsed.GetValue(downstreamOption);
        var choice = TransferChoice.Read(domains.Names, parsed.GetValue(upstreamOption), asked);
        string downstream = asked ?? (choice.Downstream.Contains(domains.Names[usual]) ? domains.Names[usual] : choice.Downstream[0]);
        return new CovariateShiftSettings { Domains = domains, Upstream = choice.UpstreamOf(downstream), Downstream = downstream, Experiment = shared.Read(parsed, defaults) };
    }

    static (IDomains Domains, ExperimentDefaults Defaults, int Usual) ReadData(string data, string? path) => data switch
    {
        _ when NamedPath.Is(data) => path is null ? ReadFolder(NamedPath.Read(dataOption.Name, data, NamedDataKind.Images)) : throw new UsageException($"--path is given with --data {data}, which names a folder already."),
        "embedded" when path is not null => throw new UsageException("--path is given without --data pacs."),
        "embedded" => (new EmbeddedDomains(), embeddedDefaults, 1),
        "pacs" when path is null => throw new UsageException("--data pacs needs --path, the folder of the data."),
        "pacs" when !Directory.Exists(path) => throw new UsageException($"--path {path}: there is no such folder."),
        "pacs" => ReadFolder(new NamedPath(data, path)),
        _ => throw new UsageException($"--data {data}: expected embedded, pacs or NAME=DIR."),
    };

    static (IDomains Domains, ExperimentDefaults Defaults, int Usual) ReadFolder(NamedPath data) =>
        data.Name == "pacs" ? (new PacsDomains(data.Path), pacsDefaults, 0) : (new OwnDomains(ImageDomains.Of(data.Path)), embeddedDefaults, 0);
}
