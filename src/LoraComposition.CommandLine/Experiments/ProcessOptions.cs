using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Globalization;
using LoraComposition.Experiments;
using TorchSharp;

namespace LoraComposition.CommandLine;

/// <summary>The options that say which runs a process does, and how many processes do them.</summary>
sealed class ProcessOptions
{
    // What a process holds besides the model: torch, pictures, the tensors of a step. A training and the frozen models keep a few copies of the weights.
    const long OwnBytes = 1L << 30, CopiesOfModel = 8;

    readonly string program;
    readonly Option<int?> processes = new("--processes") { Description = "How many processes share the runs, each with its part of the CPU threads. Default: as many as --threads leaves cores for, as far as memory goes, with one thread each where it is not given; with a GPU, a shard or a plan one." };
    readonly Option<string?> shard = new("--shard") { Description = "Do a part of the runs, i/n: several processes share one --out. Default: all, or the part of the Slurm array or indexed Kubernetes job that the program runs in." };
    readonly Option<string?> partOf = new("--part-of") { Hidden = true };

    /// <param name="program">The program's name.</param>
    public ProcessOptions(string program) => this.program = program;

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All => [processes, shard, partOf];

    /// <summary>Reads which runs this process does, and prepares the others.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="compute">Where and how to compute, as it was given.</param>
    /// <param name="model">The base model's folder.</param>
    /// <param name="runs">How many runs there are at least; 0 where nothing will be run.</param>
    /// <param name="leftOut">Options that are no matter of the other processes.</param>
    /// <returns>The part, the processes, and how to compute.</returns>
    /// <exception cref="UsageException">A value cannot be; the message names its option.</exception>
    public (WorkShard Shard, ProcessGroup Group, ComputeSettings Compute) Read(ParseResult parsed, ComputeSettings compute, string model, int runs, IEnumerable<Option> leftOut)
    {
        if (parsed.GetValue(partOf) is { } part) return (ShardReading.Read(part, _ => null), ProcessGroup.Led(Console.In), compute);
        int? asked = OptionReading.AtLeast(parsed, processes, 1);
        string? given = parsed.GetValue(shard);
        if (asked > 1 && given is not null) throw new UsageException($"--processes {asked} is given with --shard {given}, which is a part for one process; give one of them.");
        var mine = ShardReading.Read(given, Environment.GetEnvironmentVariable);
        bool alone = given is not null || mine != WorkShard.Whole || compute.Device.type != DeviceType.CPU || !IsThisProgram;
        int cores = Environment.ProcessorCount;
        int count = runs == 0 ? 1 : asked ?? (alone ? 1 : CountOf(cores, compute.Threads, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, BytesOf(model), runs));
        if (count == 1) return (mine, ProcessGroup.Alone(), compute);
        compute = compute with { Threads = compute.Threads ?? Math.Max(1, cores / count) };
        var others = Enumerable.Range(2, count - 1).Select(number => Start(CommandTokens.Without(parsed, [processes, .. leftOut]), number, count, compute.Threads.Value));
        return (new WorkShard(1, count), ProcessGroup.Leading([.. others]), compute);
    }

    // Where the options are read by another program, in a test for example, it does not start this one behind its back.
    bool IsThisProgram => System.Reflection.Assembly.GetEntryAssembly()?.GetName().Name == program;

    static long BytesOf(string model) => new DirectoryInfo(model).EnumerateFiles("*.safetensors").Sum(file => file.Length);

    /// <summary>How many processes there are where their number is not given.</summary>
    /// <param name="cores">The processors.</param>
    /// <param name="threads">The threads of each process; null for one.</param>
    /// <param name="memory">The bytes of memory there are.</param>
    /// <param name="model">The bytes of the base's weights.</param>
    /// <param name="runs">The runs.</param>
    internal static int CountOf(int cores, int? threads, long memory, long model, int runs) =>
        (int)Math.Clamp(Math.Min(cores / (threads ?? 1), memory / (OwnBytes + CopiesOfModel * model)), 1, runs);

    ProcessStartInfo Start(IReadOnlyList<string> arguments, int number, int count, int threads)
    {
        // The program's own file, or dotnet with its assembly.
        string running = Environment.ProcessPath ?? "", suffix = OperatingSystem.IsWindows() ? ".exe" : "", dotnet = $"dotnet{suffix}";
        var start = Path.GetFileName(running) == program + suffix ? new ProcessStartInfo(running)
            : new ProcessStartInfo(Path.GetFileName(running) == dotnet ? running : dotnet, [Path.Combine(AppContext.BaseDirectory, $"{program}.dll")]);
        foreach (string argument in (string[])[.. arguments, "--threads", threads.ToString(CultureInfo.InvariantCulture), partOf.Name, $"{number}/{count}"]) start.ArgumentList.Add(argument);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.UseShellExecute = false;
        return start;
    }
}
