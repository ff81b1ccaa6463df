using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;
using LoraComposition.FewShot.Methods;
using LoraComposition.FewShot.Training;
using LoraComposition.FewShot.Upstream;
using LoraComposition.Layers;
using TorchSharp;

namespace LabelShift;

/// <summary>The options of the program, and how they become settings.</summary>
static class LabelShiftCommand
{
    static readonly Option<string> Data = new("--data") { Description = "embedded (fractal images, nothing to download), cifar100 or folder.", DefaultValueFactory = _ => "embedded" };
    static readonly Option<string?> DataPath = new("--path") { Description = "The folder of the data: CIFAR-100's binary files, or <class>/* with or without train/ and test/." };
    static readonly Option<string?> Model = new("--model") { Description = "A ViT in a model-hub folder (config.json, model.safetensors, preprocessor_config.json). Default: the small one that comes with the program." };
    static readonly Option<string> Shots = new("--shots") { Description = "Labelled images per class, for example 1,2,5,10,20 or all.", DefaultValueFactory = _ => "1,2,5,10" };
    static readonly Option<int> Seeds = new("--seeds") { Description = "The number of seeds, 0 … N-1.", DefaultValueFactory = _ => 3 };
    static readonly Option<string> Methods = new("--methods") { Description = $"Of {string.Join(", ", TuningMethods.Vision.Select(m => m.Name))}.", DefaultValueFactory = _ => string.Join(',', TuningMethods.Vision.Select(m => m.Name)) };
    static readonly Option<int> Rank = new("--rank") { Description = "The rank of every LoRA.", DefaultValueFactory = _ => 16 };
    static readonly Option<int> Splits = new("--splits") { Description = "Into how many sets the labels are split.", DefaultValueFactory = _ => 4 };
    static readonly Option<int> Downstream = new("--downstream") { Description = "Which set is learned from few images, 1 … splits; the others are the upstream tasks.", DefaultValueFactory = _ => 4 };
    static readonly Option<int> Steps = new("--steps") { Description = "Training steps of a run.", DefaultValueFactory = _ => 60 };
    static readonly Option<int> UpstreamEpochs = new("--upstream-epochs") { Description = "Passes over an upstream task's images.", DefaultValueFactory = _ => 5 };
    static readonly Option<int> Validation = new("--validation") { Description = "Images per class held out of train for early stopping.", DefaultValueFactory = _ => 10 };
    static readonly Option<string> Device = new("--device") { Description = "cpu or cuda.", DefaultValueFactory = _ => "cpu" };
    static readonly Option<string> Dtype = new("--dtype") { Description = "float32 or bfloat16: what the model computes in.", DefaultValueFactory = _ => "float32" };
    static readonly Option<int?> Threads = new("--threads") { Description = "CPU threads. Default: all cores." };
    static readonly Option<string> Out = new("--out") { Description = "The folder of the results. Runs that are there already are not repeated.", DefaultValueFactory = _ => "results/label-shift" };
    static readonly Option<bool> Resume = new("--resume") { Description = "Go on with the runs in --out; it is an error if there are none." };

    const string Examples = """
        The label-shift experiment of arXiv:2402.15414 (Fig. 3): modules trained on some labels help to learn others from few images.

        Examples:
          dotnet run -c Release --project samples/LabelShift
          dotnet run -c Release --project samples/LabelShift -- --shots 1,5 --methods lora,learned --out results/quick
          dotnet run -c Release --project samples/LabelShift -- --data cifar100 --path cifar-100-binary --model vit-base-patch32-224-in21k --shots 1,2,5,10,20,50,all --device cuda

        Exit codes: 0 done, 1 bad data, 2 wrong usage, 130 stopped with Ctrl+C.
        """;

    public static Task<int> InvokeAsync(string[] arguments) =>
        Create().Parse(arguments).InvokeWithExitCodesAsync("Stopped. What is finished is saved; the same command goes on from there.");

    static RootCommand Create()
    {
        var command = new RootCommand(Examples) { Data, DataPath, Model, Shots, Seeds, Methods, Rank, Splits, Downstream, Steps, UpstreamEpochs, Validation, Device, Dtype, Threads, Out, Resume };
        command.SetAction((parsed, cancellation) =>
        {
            var settings = Read(parsed);
            // Ctrl+C is listened to only once the action has returned its task.
            return Task.Run(() =>
            {
                LabelShiftProgram.Run(settings, cancellation);
                return ExitCodes.Done;
            }, CancellationToken.None);
        });
        return command;
    }

    static LabelShiftSettings Read(ParseResult parsed)
    {
        var data = ReadData(parsed.GetValue(Data)!);
        string? path = parsed.GetValue(DataPath);
        if (data != DataSource.Embedded && path is null) throw new UsageException($"--data {parsed.GetValue(Data)} needs --path, the folder of the data.");
        if (data == DataSource.Embedded && path is not null) throw new UsageException("--path is given without --data cifar100 or --data folder.");
        if (path is not null && !Directory.Exists(path)) throw new UsageException($"--path {path}: there is no such folder.");
        string model = parsed.GetValue(Model) ?? System.IO.Path.Combine(AppContext.BaseDirectory, "foundation", "vit-fractals");
        if (!Directory.Exists(model)) throw new UsageException($"--model {model}: there is no such folder.");

        int splits = Positive(parsed, Splits, 2), downstream = Positive(parsed, Downstream, 1);
        if (downstream > splits) throw new UsageException($"--downstream {downstream} is not one of the {splits} sets.");
        var lora = new LoraOptions { Rank = Positive(parsed, Rank, 1) };
        string output = parsed.GetValue(Out)!;
        if (parsed.GetValue(Resume) && !Directory.Exists(LabelShiftProgram.RunFolder(output))) throw new UsageException($"--resume: {output} holds no runs to go on with.");
        return new LabelShiftSettings
        {
            Data = data,
            Path = path,
            Model = model,
            Shots = ReadShots(parsed.GetValue(Shots)!),
            Seeds = [.. Enumerable.Range(0, Positive(parsed, Seeds, 1))],
            Methods = ReadMethods(parsed.GetValue(Methods)!),
            Splits = splits,
            Downstream = downstream,
            ValidationPerClass = Positive(parsed, Validation, 1),
            Device = ReadDevice(parsed.GetValue(Device)!),
            Dtype = ReadDtype(parsed.GetValue(Dtype)!),
            Threads = parsed.GetValue(Threads) is { } threads ? threads > 0 ? threads : throw new UsageException("--threads must be at least 1.") : null,
            Out = output,
            Tuning = new TuningOptions { Lora = lora, Training = new TrainingOptions { Steps = Positive(parsed, Steps, 1) } },
            Upstream = new UpstreamOptions { Lora = lora, Training = new UpstreamOptions().Training with { Epochs = Positive(parsed, UpstreamEpochs, 1) } },
        };
    }

    static int Positive(ParseResult parsed, Option<int> option, int least)
    {
        int value = parsed.GetValue(option);
        return value >= least ? value : throw new UsageException($"{option.Name} is {value}; it must be at least {least}.");
    }

    static DataSource ReadData(string text) => text.ToLowerInvariant() switch
    {
        "embedded" => DataSource.Embedded,
        "cifar100" => DataSource.Cifar100,
        "folder" => DataSource.Folder,
        _ => throw new UsageException($"--data {text}: expected embedded, cifar100 or folder."),
    };

    static int?[] ReadShots(string text)
    {
        var shots = text.Split(',', StringSplitOptions.TrimEntries).Select(part => part == "all" ? (int?)null : int.TryParse(part, out int k) && k > 0 ? k : throw new UsageException($"--shots {text}: '{part}' is neither a positive number nor 'all'.")).ToArray();
        return shots.Distinct().Count() == shots.Length ? shots : throw new UsageException($"--shots {text}: a number occurs twice.");
    }

    static ITuningMethod[] ReadMethods(string text)
    {
        var methods = text.Split(',', StringSplitOptions.TrimEntries).Select(name => TuningMethods.Vision.Find(name) ?? throw new UsageException($"--methods {text}: '{name}' is not one of {string.Join(", ", TuningMethods.Vision.Select(m => m.Name))}.")).ToArray();
        return methods.Distinct().Count() == methods.Length ? methods : throw new UsageException($"--methods {text}: a method occurs twice.");
    }

    static torch.Device ReadDevice(string text)
    {
        if (text == "cpu") return torch.CPU;
        if (text != "cuda") throw new UsageException($"--device {text}: expected cpu or cuda.");
        return torch.cuda.is_available() ? torch.CUDA : throw new UsageException("--device cuda: this build sees no CUDA device.");
    }

    static torch.ScalarType ReadDtype(string text) => text switch
    {
        "float32" => torch.ScalarType.Float32,
        "bfloat16" => torch.ScalarType.BFloat16,
        _ => throw new UsageException($"--dtype {text}: expected float32 or bfloat16."),
    };
}
