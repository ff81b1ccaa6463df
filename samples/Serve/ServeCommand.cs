using System.CommandLine;
using LoraComposition.CommandLine;

namespace Serve;

/// <summary>The options of the program, and how they become settings.</summary>
static class ServeCommand
{
    const long Megabyte = 1 << 20;
    // The body is held in memory whole, as one array.
    const int LargestUpload = 1024;

    static readonly Option<string?> model = new("--model") { Description = "A folder that lora-compose adapt wrote.", HelpName = "DIR" };
    static readonly Option<string?> baseFolder = new("--base") { Description = "The base's folder, where it is not where it was.", HelpName = "DIR" };
    static readonly Option<string> urls = new("--urls")
    {
        Description = "Where to listen, several with semicolons. Port 0 takes a free one. http://0.0.0.0:5000 lets other machines in.",
        DefaultValueFactory = _ => "http://127.0.0.1:5000",
    };
    static readonly Option<int> maxUpload = new("--max-upload") { Description = "The most MB of a request, of one picture or text or a whole batch.", DefaultValueFactory = _ => 20, HelpName = "MB" };
    static readonly Option<int> maxBatch = new("--max-batch") { Description = "The most pictures or texts of a request.", DefaultValueFactory = _ => 64 };
    static readonly Option<int> top = new("--top") { Description = "The number of classes to name for each picture or text.", DefaultValueFactory = _ => 5 };
    static readonly ComputeOptions compute = new(withType: false);

    const string Description = """
        Serves a model that lora-compose adapt wrote: a page to drop a picture on or to paste a text into, and the same for programs.

        POST /predict        one picture, as the body or as a file of a form; one text, as text/plain or JSON
        POST /predict/batch  several pictures, as files of a form; several texts, as a JSON list
        GET  /classes        what the model tells apart
        GET  /health         200 once the model is warm, 503 before
        GET  /metrics        for Prometheus

        Examples:
          dotnet run -c Release --project samples/Serve -- --model my-model
          curl --data-binary @photo.jpg -H "Content-Type: image/jpeg" http://127.0.0.1:5000/predict
          curl --data "a fine day" -H "Content-Type: text/plain" http://127.0.0.1:5000/predict

        It knows no users and no TLS: put it behind a proxy that does.

        Exit codes: 0 stopped, 1 bad model, 2 wrong usage.
        """;

    public static Task<int> InvokeAsync(string[] arguments) => Create().Parse(arguments).InvokeWithExitCodesAsync("Stopped.");

    static RootCommand Create()
    {
        var command = new RootCommand(Description) { model, baseFolder, urls, maxUpload, maxBatch, top };
        foreach (var option in compute.All) command.Add(option);
        ProgramOptions.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var settings = Read(parsed);
            await ServeProgram.RunAsync(settings, cancellation);
            return ExitCodes.Done;
        });
        return command;
    }

    static ServeSettings Read(ParseResult parsed)
    {
        string folder = parsed.GetValue(model) ?? throw new UsageException("--model is missing: give a folder that lora-compose adapt wrote, as --model my-model.");
        if (!Directory.Exists(folder)) throw new UsageException($"--model {folder}: there is no such folder.");
        string listen = parsed.GetValue(urls)!;
        foreach (string url in listen.Split(';'))
            if (!url.StartsWith("http://", StringComparison.OrdinalIgnoreCase)) throw new UsageException($"--urls {url}: expected http://host:port.");
        int upload = OptionReading.AtLeast(parsed, maxUpload, 1);
        if (upload > LargestUpload) throw new UsageException($"--max-upload is {upload}; it must be at most {LargestUpload}.");
        return new ServeSettings(folder, parsed.GetValue(baseFolder), listen, upload * Megabyte, OptionReading.AtLeast(parsed, maxBatch, 1),
            OptionReading.AtLeast(parsed, top, 1), parsed.GetValue(ProgramOptions.Verbose), compute.Read(parsed));
    }
}
