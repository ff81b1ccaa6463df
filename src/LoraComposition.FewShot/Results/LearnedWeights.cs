using System.Text.Json;

namespace LoraComposition.FewShot.Results;

/// <summary>The weights that a learned composition gave its modules, as its result records them.</summary>
/// <param name="Modules">The modules.</param>
/// <param name="Layers">The weight of each module by layer path, in the order of the forward pass.</param>
public sealed record LearnedWeights(IReadOnlyList<string> Modules, IReadOnlyList<KeyValuePair<string, IReadOnlyList<double>>> Layers)
{
    /// <summary>Reads them from a result.</summary>
    /// <param name="result">The result.</param>
    /// <returns>The weights; null where the run learned none.</returns>
    /// <exception cref="RunFileException">The result holds weights that do not fit its modules.</exception>
    public static LearnedWeights? Of(RunResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (result.Details is not { ValueKind: JsonValueKind.Object } details || !details.TryGetProperty("trained", out var trained) || trained.ValueKind != JsonValueKind.Object
            || !trained.TryGetProperty("modules", out var names) || !trained.TryGetProperty("weights", out var weights)) return null;
        try
        {
            string[] modules = [.. names.EnumerateArray().Select(name => name.GetString()!)];
            var layers = weights.EnumerateObject().Select(layer => KeyValuePair.Create(layer.Name, (IReadOnlyList<double>)[.. layer.Value.EnumerateArray().Select(w => w.GetDouble())])).ToArray();
            if (modules.Length > 0 && layers.Length > 0 && layers.All(layer => layer.Value.Count == modules.Length)) return new LearnedWeights(modules, layers);
        }
        catch (InvalidOperationException)
        {
            // Of another kind than it should be: refused below.
        }
        throw new RunFileException(result.Key.FileName, "expected a weight for each module at every layer, found others. Delete the file to run it again.");
    }

    /// <summary>The mean weight of each module over all layers.</summary>
    /// <returns>A number for each module, in their order.</returns>
    public IReadOnlyList<double> Means() => [.. Modules.Select((_, module) => Layers.Average(layer => layer.Value[module]))];
}
