using System.Globalization;
using LoraComposition.CommandLine;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Tool;

/// <summary>Which weights the adapters get: the same for all, a number each, or a number for each layer from a file.</summary>
abstract record WeightChoice
{
    /// <summary>Reads <c>--weights</c>: <c>uniform</c>, numbers with commas between them, or the path of a JSON file.</summary>
    /// <exception cref="UsageException">It is none of these.</exception>
    public static WeightChoice Parse(string text, int adapters)
    {
        if (text == "uniform") return new Uniform();
        if (File.Exists(text)) return new FromFile(text);
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var numbers = new double[parts.Length];
        for (int i = 0; i < parts.Length; i++)
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]) || !double.IsFinite(numbers[i]))
                throw new UsageException($"--weights {text}: '{parts[i]}' is no finite number; expected uniform, numbers like 0.5,0.3,0.2, or a JSON file that exists.");
        if (numbers.Length != adapters) throw new UsageException($"--weights {text}: expected {adapters} numbers, one for each --adapter, found {numbers.Length}.");
        return new PerAdapter(numbers);
    }

    /// <summary>What is done with the updates where no method is named.</summary>
    public virtual MergeMethod DefaultMethod => new WeightedMerge();

    /// <summary>Puts the composition on the model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="adapters">The adapters.</param>
    /// <param name="method">The method that sees the weighted updates; null for the mean or the weighted sum.</param>
    /// <param name="logger">Is told what happens.</param>
    public abstract Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, MergeMethod? method, ILogger? logger);

    /// <summary>The weights by the path of a layer, where there is no model; null where all are 1.</summary>
    /// <param name="adapters">The adapters.</param>
    /// <exception cref="ModelFileException">The weights are for other adapters or layers.</exception>
    public abstract Func<string, IReadOnlyList<double>>? ByLayer(IReadOnlyList<AdapterFile> adapters);

    sealed record Uniform : WeightChoice
    {
        public override MergeMethod DefaultMethod => new MeanMerge();

        public override Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, MergeMethod? method, ILogger? logger) =>
            method is null ? Composition.AttachUniform(model, adapters, logger: logger) : Composition.AttachMerged(model, adapters, method, logger: logger);

        public override Func<string, IReadOnlyList<double>>? ByLayer(IReadOnlyList<AdapterFile> adapters) => null;
    }

    sealed record PerAdapter(double[] Weights) : WeightChoice
    {
        public override Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, MergeMethod? method, ILogger? logger) => method is null
            ? Composition.AttachWeighted(model, adapters, Weights, logger: logger) : Composition.AttachMerged(model, adapters, method, Weights, logger: logger);

        public override Func<string, IReadOnlyList<double>> ByLayer(IReadOnlyList<AdapterFile> adapters) => _ => Weights;
    }

    sealed record FromFile(string Path) : WeightChoice
    {
        public override Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, MergeMethod? method, ILogger? logger)
        {
            var weights = CompositionWeights.Load(Path);
            try
            {
                return method is null ? Composition.AttachWeighted(model, adapters, weights, logger: logger)
                    : Composition.AttachMerged(model, adapters, method, weights, logger: logger);
            }
            catch (ArgumentException e)
            {
                throw new ModelFileException(Path, e.Message, e);
            }
        }

        public override Func<string, IReadOnlyList<double>> ByLayer(IReadOnlyList<AdapterFile> adapters)
        {
            var weights = CompositionWeights.Load(Path);
            var given = weights.AdapterNames.Index().ToDictionary(name => name.Item, name => name.Index, StringComparer.Ordinal);
            string[] names = [.. adapters.Select(adapter => adapter.Name)];
            if (names.FirstOrDefault(name => !given.ContainsKey(name)) is { } other)
                throw new ModelFileException(Path, $"the weights name no adapter '{other}', but {string.Join(", ", weights.AdapterNames)}.");
            if (adapters.Count != given.Count) throw new ModelFileException(Path, $"the weights are for {given.Count} adapters; {adapters.Count} are given.");
            // Without a model it cannot be told whether it is another spelling of a layer, so that it would have no effect.
            if (weights.Layers.Keys.FirstOrDefault(layer => !adapters.Any(adapter => adapter.Layers.ContainsKey(layer))) is { } unused)
                throw new ModelFileException(Path,
                    $"weights are given for the layer '{unused}', which no adapter changes; their layers are called like '{adapters[0].Layers.Keys.First()}'. Take it out, or give --base where it is another spelling.");
            int[] order = [.. names.Select(name => given[name])];
            return layer => weights.Layers.TryGetValue(layer, out var all) ? [.. order.Select(n => all[n])]
                : throw new ModelFileException(Path, $"the weights of layer '{layer}' are missing.");
        }
    }
}
