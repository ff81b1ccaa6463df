using LoraComposition.Files;

namespace LoraComposition;

/// <summary>The tensors of a PEFT file by what they mean, checked before any is read.</summary>
/// <param name="Layers">The layers in ordinal order with their factors, [rank, in] and [out, rank], or with two more sides of 1.</param>
/// <param name="Saved">The tensors of modules that were saved whole, in the order of their bytes.</param>
internal sealed record PeftTensors(IReadOnlyList<(string Layer, TensorInfo A, TensorInfo B, AdapterLayerKind Kind)> Layers,
    IReadOnlyList<(SavedTensor Tensor, TensorInfo Place)> Saved)
{
    /// <summary>Sorts the file's tensors.</summary>
    /// <param name="file">The weights file.</param>
    /// <param name="key">How its tensors may be called.</param>
    /// <param name="savedModules">The modules that it must hold whole.</param>
    /// <param name="anyArchitecture">Whether saved modules of any name, embeddings and convolutions are let through.</param>
    /// <exception cref="AdapterException">A tensor is unexpected, alone, not floating or misshaped, or one is missing.</exception>
    public static PeftTensors Of(SafetensorsFile file, PeftKey key, IReadOnlyList<string> savedModules, bool anyArchitecture)
    {
        if (key.FoundNames is [var one, var two, ..])
            throw new AdapterException(file.Path,
                $"the file holds several adapters, '{one}' and '{two}' by the keys of its tensors; save one of them alone, with PEFT's save_pretrained(folder, selected_adapters=['{one}']).");
        var pairs = new FactorPairs(file, AdapterLayout.Peft, anyArchitecture);
        var saved = new OrderedDictionary<string, (SavedTensor Tensor, TensorInfo Place)>(StringComparer.Ordinal);
        foreach (var tensor in file.Tensors.Values)
        {
            if (anyArchitecture && key.TryParseSaved(tensor.Name, savedModules, out var name, out var module))
            {
                if (!saved.TryAdd(name, (new(name, module, tensor.Dtype, tensor.Shape), tensor)))
                    throw new AdapterException(file.Path, $"the saved tensor '{name}' is there twice, as '{saved[name].Place.Name}' and as '{tensor.Name}'.");
                continue;
            }
            pairs.CheckDtype(tensor);
            if (!anyArchitecture && key.TryParseHead(tensor.Name, out var isBias))
            {
                if (savedModules.Count == 0)
                    throw new AdapterException(file.Path,
                        $"unexpected tensor '{tensor.Name}'; it is a saved head, so name '{PeftKey.Head}' in modules_to_save or remove the tensor.");
                name = PeftKey.HeadTensor(isBias);
                if (!saved.TryAdd(name, (new(name, PeftKey.Head, tensor.Dtype, tensor.Shape), tensor)))
                    throw new AdapterException(file.Path,
                        $"the head's {(isBias ? "bias" : "weight")} is there twice, as '{saved[name].Place.Name}' and as '{tensor.Name}'.");
                continue;
            }
            if (!key.TryParse(tensor.Name, out var layer, out var factor, out var isEmbedding) || (isEmbedding && !anyArchitecture))
                throw new AdapterException(file.Path,
                    $"unexpected tensor '{tensor.Name}', expected only {PeftKey.Expected}; {AdapterKinds.AboutTensor(tensor.Name, "the adapter is not plain LoRA on linear layers.")}");
            pairs.Add(layer, factor, tensor, isEmbedding);
        }
        var layers = pairs.ToLayers(PeftKey.Expected);
        if (anyArchitecture) CheckSaved(file, savedModules, saved.Values);
        else if (savedModules.Count > 0) CheckHead(file, Place(isBias: false), Place(isBias: true));
        return new PeftTensors(layers, [.. saved.Values]);

        TensorInfo? Place(bool isBias) => saved.TryGetValue(PeftKey.HeadTensor(isBias), out var found) ? found.Place : null;
    }

    // PEFT passes over names that the model does not have, so one that is there is enough.
    static void CheckSaved(SafetensorsFile file, IReadOnlyList<string> modules, IReadOnlyCollection<(SavedTensor Tensor, TensorInfo Place)> saved)
    {
        if (modules.Count > 0 && saved.Count == 0)
            throw new AdapterException(file.Path,
                $"'modules_to_save' names '{string.Join("', '", modules)}', but the file holds no tensor of them; the two files do not belong together.");
    }

    static void CheckHead(SafetensorsFile file, TensorInfo? weight, TensorInfo? bias)
    {
        if (weight is null)
            throw new AdapterException(file.Path,
                $"'modules_to_save' names the head, but the file holds no '{PeftKey.OfSaved(PeftKey.HeadTensor(isBias: false))}'; the two files do not belong together.");
        if (weight.Shape.Count != 2 || weight.Shape.Contains(0))
            throw new AdapterException(file.Path, $"tensor '{weight.Name}': expected [classes, d], found [{string.Join(", ", weight.Shape)}].");
        if (bias is not null && !bias.Shape.SequenceEqual([weight.Shape[0]]))
            throw new AdapterException(file.Path, $"tensor '{bias.Name}': expected [{weight.Shape[0]}], found [{string.Join(", ", bias.Shape)}].");
    }
}
