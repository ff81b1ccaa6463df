using LoraComposition.Files;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Which tensor of a checkpoint is the weight of which layer, and whether the layer's update fits it. Everything is checked before any number is read.</summary>
/// <remarks>
/// A layer's weight is called <c>&lt;layer&gt;.weight</c>. Where no layer's is there, one front part may be missing or more, the same one at all layers, as
/// transformers puts the name of the inner model in front or leaves it out (<c>model.</c>, <c>bert.</c>, <c>transformer.</c>). A ViT's layers may also be called as
/// the other version of transformers calls them (<see cref="VitModuleNames"/>).
/// </remarks>
internal sealed class MergeNames
{
    const string Weight = ".weight";

    const int LongestConfig = 16 << 20;

    /// <summary>Models with GPT-2's own kind of layer, Conv1D, and what it is called there.</summary>
    static readonly string[] transposedModels = ["gpt2", "openai-gpt", "imagegpt", "decision_transformer"], transposedLayers = ["c_attn", "c_proj", "c_fc", "q_attn"];

    readonly CheckpointFiles files;
    readonly string folder;
    readonly string? modelType;
    readonly bool tiesEmbeddings;

    MergeNames(CheckpointFiles files, string folder)
    {
        (this.files, this.folder) = (files, folder);
        string path = System.IO.Path.Combine(folder, ModelConfigFile.FileName);
        if (!File.Exists(path)) return;
        using var config = JsonFile.Read(path, LongestConfig, (message, cause) => new CheckpointException(path, message, cause));
        modelType = config.RootElement.TryGetProperty("model_type", out var type) && type.ValueKind == System.Text.Json.JsonValueKind.String ? type.GetString() : null;
        tiesEmbeddings = config.RootElement.TryGetProperty("tie_word_embeddings", out var ties) && ties.ValueKind == System.Text.Json.JsonValueKind.True;
    }

    /// <summary>Finds the weights of all layers.</summary>
    /// <param name="files">The checkpoint.</param>
    /// <param name="folder">Its folder, where the configuration may tell more.</param>
    /// <param name="layers">The layers, each path once.</param>
    /// <returns>The layer by the name of its weight.</returns>
    /// <exception cref="CheckpointException">A weight is missing, has another shape or a type that is not merged into.</exception>
    public static IReadOnlyDictionary<string, AdapterLayer> Find(CheckpointFiles files, string folder, IReadOnlyList<AdapterLayer> layers)
    {
        var names = new MergeNames(files, folder);
        var spell = names.Spelling(layers);
        var layerOf = new Dictionary<string, AdapterLayer>(StringComparer.Ordinal);
        foreach (var layer in layers)
        {
            string name = spell(layer.Path) + Weight;
            names.Check(name, layer);
            layerOf.Add(name, layer);
        }
        return layerOf;
    }

    Func<string, string> Spelling(IReadOnlyList<AdapterLayer> layers)
    {
        string[] paths = [.. layers.Select(layer => layer.Path)], others = [.. paths.Select(VitModuleNames.Other).OfType<string>()];
        if (FrontPart(paths) is { } spell) return spell;
        return others.Length == paths.Length && FrontPart(others) is { } respell ? path => respell(VitModuleNames.Other(path)!) : path => path;
    }

    /// <summary>What is added to all names or taken from them; null where that finds none.</summary>
    Func<string, string>? FrontPart(string[] paths)
    {
        if (paths.Any(Has)) return path => path;
        var candidates = new List<Func<string, string>>();
        string first = paths[0];
        if (first.IndexOf('.') is > 0 and var dot)
        {
            string front = first[..(dot + 1)];
            if (paths.All(path => path.StartsWith(front, StringComparison.Ordinal) && Has(path[front.Length..])))
                candidates.Add(path => path[front.Length..]);
        }
        string end = "." + first + Weight;
        foreach (string front in files.Names.Where(name => name.EndsWith(end, StringComparison.Ordinal)).Select(name => name[..^(end.Length - 1)]))
        {
            if (front.IndexOf('.') == front.Length - 1 && paths.All(path => Has(front + path))) candidates.Add(path => front + path);
        }
        return candidates.Count switch
        {
            1 => candidates[0],
            0 => null,
            _ => throw new CheckpointException(files.Path,
                $"layer '{first}' could be {string.Join(" or ", candidates.Select(spell => $"'{spell(first)}{Weight}'"))}; rename the adapter's layers to one of them."),
        };
    }

    bool Has(string path) => files.Find(path + Weight) is not null;

    void Check(string name, AdapterLayer layer)
    {
        // Such a weight is there under another name, or has another shape or type.
        if (files.Find(name) is not { Dtype: ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 } sound || sound.Shape.Count < 2
            || sound.Shape.Aggregate(1L, (product, side) => product * side) != layer.OutFeatures * layer.InFeatures)
            QuantisedWeights.Refuse(files, folder);
        var found = files.Find(name)
            ?? throw new CheckpointException(files.Path,
                $"tensor '{name}', the weight of the adapter's layer '{layer.Path}', is missing, and no one front part added to or taken from all layers finds them; the adapter belongs to another model, or to one that names or ties its layers otherwise.");
        string path = files.PathOf(name);
        long[] expected = layer.Kind switch
        {
            AdapterLayerKind.Convolution => [layer.OutFeatures, layer.InFeatures, 1, 1],
            AdapterLayerKind.Embedding => [layer.InFeatures, layer.OutFeatures],
            _ => [layer.OutFeatures, layer.InFeatures],
        };
        bool isTransposedModel = layer.Kind == AdapterLayerKind.Linear && transposedModels.Contains(modelType)
            && transposedLayers.Contains(layer.Path[(layer.Path.LastIndexOf('.') + 1)..]);
        if (isTransposedModel || (!found.Shape.SequenceEqual(expected) && found.Shape.SequenceEqual(expected.Reverse())))
            throw new CheckpointException(path,
                $"tensor '{name}' [{string.Join(", ", found.Shape)}] is kept transposed, as GPT-2's layer Conv1D keeps it, and the update of layer '{layer.Path}' is [{string.Join(", ", expected)}]; merging into such layers is not supported, so merge it with PEFT.");
        if (!found.Shape.SequenceEqual(expected))
            throw new CheckpointException(path,
                $"tensor '{name}': expected [{string.Join(", ", expected)}] for the update of layer '{layer.Path}', found [{string.Join(", ", found.Shape)}]; the adapter belongs to another model.");
        if (found.Dtype is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
            throw new CheckpointException(path, $"tensor '{name}' is {found.Dtype}, expected Float32, Float16 or BFloat16 to merge layer '{layer.Path}' into; quantised weights are not merged into.");
        if (layer.Kind == AdapterLayerKind.Embedding && tiesEmbeddings)
            throw new CheckpointException(path,
                $"tensor '{name}' is the model's output layer too ('tie_word_embeddings' in {ModelConfigFile.FileName}), which the update of the embedding '{layer.Path}' does not mean; leave the layer out of the adapter.");
    }
}
