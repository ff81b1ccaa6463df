using TorchSharp;

namespace LoraComposition.Benchmarks;

sealed record BenchmarkOptions
{
    static readonly string[] OnAnyDevice = ["composed", "merged"], InFloat32OnCpu = ["attention", "load", "generation", "t5", "front"];

    /// <summary>Those that take minutes or gigabytes of disk, and run only where they are named.</summary>
    static readonly string[] onlyNamed = ["hundreds", "adapters"];

    public IReadOnlyList<string> Names { get; init; } = [];
    public int Rounds { get; init; } = 7;
    public int Threads { get; init; } = Environment.ProcessorCount;
    public int Batch { get; init; } = 32;
    public int Layers { get; init; } = 12;
    public int T5Layers { get; init; } = 3;
    public IReadOnlyList<int> Modules { get; init; } = [1, 5, 25, 100];

    public torch.Device Device { get; init; } = torch.CPU;
    public torch.ScalarType Dtype { get; init; } = torch.ScalarType.Float32;
    public bool Tf32 { get; init; } = true;

    public bool Runs(string name) => Names.Contains(name) || (Names.Count == 0 && !onlyNamed.Contains(name) && (OnAnyDevice.Contains(name) || (Device.type == DeviceType.CPU && Dtype == torch.ScalarType.Float32)));

    /// <exception cref="ArgumentException">A device or type is not there.</exception>
    public static BenchmarkOptions? Parse(string[] args)
    {
        var options = new BenchmarkOptions();
        for (int i = 0; i < args.Length; i++)
        {
            if (OnAnyDevice.Contains(args[i]) || InFloat32OnCpu.Contains(args[i]) || onlyNamed.Contains(args[i]))
            {
                options = options with { Names = [.. options.Names, args[i]] };
                continue;
            }
            if (i + 1 == args.Length) return null;
            if (args[i] is "--device" or "--dtype" or "--tf32")
            {
                string value = args[++i];
                options = args[i - 1] switch
                {
                    "--device" => options with { Device = ComputeDevice.Parse(value) },
                    "--dtype" => options with { Dtype = ComputeDevice.ParseType(value) },
                    _ => options with { Tf32 = value == "true" || (value == "false" ? false : throw new ArgumentException($"--tf32 {value}: expected true or false.")) },
                };
                continue;
            }
            var numbers = args[++i].Split(',').Select(text => int.TryParse(text, out int n) && n > 0 ? n : 0).ToArray();
            if (numbers.Contains(0)) return null;
            BenchmarkOptions? next = args[i - 1] switch
            {
                "--rounds" => options with { Rounds = numbers[0] },
                "--threads" => options with { Threads = numbers[0] },
                "--batch" => options with { Batch = numbers[0] },
                "--layers" => options with { Layers = numbers[0] },
                "--t5-layers" => options with { T5Layers = numbers[0] },
                "--modules" => options with { Modules = numbers },
                _ => null,
            };
            if (next is null) return null;
            options = next;
        }
        if ((options.Device.type != DeviceType.CPU || options.Dtype != torch.ScalarType.Float32) && options.Names.FirstOrDefault(name => !OnAnyDevice.Contains(name)) is { } cpuOnly)
            throw new ArgumentException($"{cpuOnly} runs in float32 on the CPU only; give composed or merged.");
        return options;
    }
}
