using System.Text.Json;

namespace LoraComposition.Experiments;

/// <summary>The weights that a composition gave its modules, as its result records them: for each layer one number per module.</summary>
/// <param name="Modules">The modules.</param>
/// <param name="Layers">The weights by the layer's path.</param>
public sealed record LearnedWeights(IReadOnlyList<string> Modules, IReadOnlyDictionary<string, IReadOnlyList<double>> Layers)
{
    /// <summary>Reads them from a result.</summary>
    /// <param name="result">The result.</param>
    /// <param name="path">The file to name where they are damaged; the run's own file name where not given.</param>
    /// <returns>The weights; null where the run learned none.</returns>
    /// <exception cref="RunFileException">The result holds weights that do not fit its modules.</exception>
    public static LearnedWeights? Of(RunResult result, string? path = null)
    {
        ArgumentNullException.ThrowIfNull(result);
        path ??= result.Key.FileName;
        if (Member(result.Details, "trained") is not { } trained || Member(trained, "weights") is not { } weights) return null;
        if (Member(trained, "modules") is not { ValueKind: JsonValueKind.Array } modules || modules.GetArrayLength() == 0 || modules.EnumerateArray()
            .Any(name => name.ValueKind != JsonValueKind.String))
            throw Damaged(path, "expected the names of the modules beside them");
        string[] names = [.. modules.EnumerateArray().Select(name => name.GetString()!)];
        if (weights.ValueKind != JsonValueKind.Object || !weights.EnumerateObject().Any()) throw Damaged(path, "expected an object of layers");
        if (weights.EnumerateObject().GroupBy(layer => layer.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw Damaged(path, $"layer '{twice.Key}' is there twice");
        return new LearnedWeights(names, weights.EnumerateObject().ToDictionary(layer => layer.Name, layer => Numbers(path, layer, names.Length),
            StringComparer.Ordinal));
    }

    /// <summary>The mean weight of each module over all layers.</summary>
    /// <returns>A number for each module, in their order.</returns>
    public IReadOnlyList<double> Means() => [.. Modules.Select((_, module) => Layers.Values.Average(layer => layer[module]))];

    static JsonElement? Member(JsonElement? element, string name) => element is { ValueKind: JsonValueKind.Object } o && o.TryGetProperty(name, out var value)
        && value.ValueKind != JsonValueKind.Null ? value : null;

    static IReadOnlyList<double> Numbers(string path, JsonProperty layer, int count)
    {
        if (layer.Value.ValueKind != JsonValueKind.Array || layer.Value.EnumerateArray()
            .Any(v => v.ValueKind != JsonValueKind.Number || !double.IsFinite(v.GetDouble())) || layer.Value.GetArrayLength() != count)
            throw Damaged(path, $"layer '{layer.Name}': expected {count} numbers, one per module");
        return [.. layer.Value.EnumerateArray().Select(v => v.GetDouble())];
    }

    internal static RunFileException Damaged(string path, string what) =>
        new(path, $"the learned weights (details.trained.weights) are damaged: {what}. Delete the file to run it again.");
}
