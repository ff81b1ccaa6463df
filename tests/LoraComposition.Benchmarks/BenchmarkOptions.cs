namespace LoraComposition.Benchmarks;

sealed record BenchmarkOptions
{
    static readonly string[] Known = ["composed", "merged", "attention", "load", "generation", "t5"];

    public IReadOnlyList<string> Names { get; init; } = [];
    public int Rounds { get; init; } = 7;
    public int Threads { get; init; } = Environment.ProcessorCount;
    public int Batch { get; init; } = 32;
    public int Layers { get; init; } = 12;
    public int T5Layers { get; init; } = 3;
    public IReadOnlyList<int> Modules { get; init; } = [1, 5, 25, 100];

    public bool Runs(string name) => Names.Count == 0 || Names.Contains(name);

    public static BenchmarkOptions? Parse(string[] args)
    {
        var options = new BenchmarkOptions();
        for (int i = 0; i < args.Length; i++)
        {
            if (Known.Contains(args[i]))
            {
                options = options with { Names = [.. options.Names, args[i]] };
                continue;
            }
            if (i + 1 == args.Length) return null;
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
        return options;
    }
}
