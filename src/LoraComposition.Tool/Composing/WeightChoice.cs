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

    /// <summary>Puts the composition on the model.</summary>
    public abstract Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, ILogger? logger);

    sealed record Uniform : WeightChoice
    {
        public override Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, ILogger? logger) =>
            Composition.AttachUniform(model, adapters, logger: logger);
    }

    sealed record PerAdapter(double[] Weights) : WeightChoice
    {
        public override Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, ILogger? logger) =>
            Composition.AttachWeighted(model, adapters, Weights, logger: logger);
    }

    sealed record FromFile(string Path) : WeightChoice
    {
        public override Composition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, ILogger? logger)
        {
            var weights = CompositionWeights.Load(Path);
            try
            {
                return Composition.AttachWeighted(model, adapters, weights, logger: logger);
            }
            catch (ArgumentException e)
            {
                throw new ModelFileException(Path, e.Message, e);
            }
        }
    }
}
