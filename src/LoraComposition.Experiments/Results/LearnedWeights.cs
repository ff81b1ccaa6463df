using System.Text.Json;
using LoraComposition.Models;

namespace LoraComposition.Experiments;

/// <summary>
/// The weights that a method learned, as its result records them: in <c>details.trained</c> the names of the modules, for each layer one number per module, and
/// what the layer does.
/// </summary>
public static class LearnedWeights
{
    /// <summary>The mean weight of a module over all layers.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="module">The module's name.</param>
    /// <returns>The mean.</returns>
    /// <exception cref="ArgumentException">The weights are of other modules.</exception>
    public static double MeanOf(this CompositionWeights weights, string module)
    {
        ArgumentNullException.ThrowIfNull(weights);
        int position = PositionOf(weights, module);
        return weights.Layers.Values.Average(layer => layer[position]);
    }

    /// <summary>The mean share of a module over all layers: its weight's size by the sizes of all, which of a softmax is the weight itself.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="module">The module's name.</param>
    /// <returns>The mean, from 0 to 1; 0 where all weights are 0.</returns>
    /// <exception cref="ArgumentException">The weights are of other modules.</exception>
    public static double ShareOf(this CompositionWeights weights, string module)
    {
        ArgumentNullException.ThrowIfNull(weights);
        int position = PositionOf(weights, module);
        return weights.Layers.Values.Average(layer => layer.Sum(Math.Abs) is var all and > 0 ? Math.Abs(layer[position]) / all : 0);
    }

    /// <summary>Whether all weights are those before the first step, 1/N of N modules: the state before it was the best, or nothing was trained.</summary>
    /// <param name="weights">The weights.</param>
    /// <returns>Whether they say nothing of the modules.</returns>
    public static bool AreTheStart(this CompositionWeights weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return AreTheStart(weights.AdapterNames.Count, weights.Layers.Values);
    }

    static int PositionOf(CompositionWeights weights, string module)
    {
        int position = weights.AdapterNames.ToList().IndexOf(module);
        return position >= 0 ? position : throw new ArgumentException($"The weights are of {string.Join(", ", weights.AdapterNames)}, not of '{module}'.", nameof(module));
    }

    internal static bool AreTheStart(int modules, IEnumerable<IReadOnlyList<double>> layers) =>
        layers.All(layer => layer.All(weight => Math.Abs(weight - 1.0 / modules) <= 1e-6));

    /// <summary>What a result records of weights.</summary>
    internal static object ToRecord(CompositionWeights weights, string? start = null) => start is null
        ? new { modules = weights.AdapterNames, weights = weights.Layers, roles = weights.Roles }
        : new { modules = weights.AdapterNames, weights = weights.Layers, roles = weights.Roles, start };

    /// <summary>Reads them from a result's details; null where the run learned none. Results of earlier versions hold no roles.</summary>
    /// <exception cref="RunFileException">The result holds weights that do not fit its modules.</exception>
    internal static CompositionWeights? Read(JsonElement? details, string path)
    {
        if (Member(details, "trained") is not { } trained) return null;
        if (Member(trained, "chosen") is { } chosen) trained = chosen;
        if (Member(trained, "weights") is not { } weights) return null;
        try
        {
            var modules = Member(trained, "modules") ?? throw new ArgumentException("expected the names of the modules beside them");
            return new CompositionWeights([.. modules.EnumerateArray().Select(name => name.GetString()!)],
                weights.EnumerateObject().Select(layer => KeyValuePair.Create(layer.Name,
                    (IReadOnlyList<double>)[.. layer.Value.EnumerateArray().Select(weight => weight.GetDouble())])),
                Member(trained, "roles")?.EnumerateObject().Select(role =>
                    KeyValuePair.Create(role.Name, Enum.Parse<LinearRole>(role.Value.GetString()!, ignoreCase: true))));
        }
        // What is missing or of another kind.
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException)
        {
            throw Damaged(path, e.Message.TrimEnd('.'), e);
        }
    }

    internal static RunFileException Damaged(string path, string what, Exception? inner = null) =>
        new(path, $"the learned weights (details.trained.weights) are damaged: {what}. Delete the file to run it again.", inner);

    static JsonElement? Member(JsonElement? element, string name) => element is { ValueKind: JsonValueKind.Object } o && o.TryGetProperty(name, out var value)
        && value.ValueKind != JsonValueKind.Null ? value : null;
}
