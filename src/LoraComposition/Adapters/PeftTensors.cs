using LoraComposition.Files;
using static TorchSharp.torch;

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
        var byFactor = new[]
        {
            new SortedDictionary<string, (TensorInfo Info, bool IsEmbedding)>(StringComparer.Ordinal),
            new SortedDictionary<string, (TensorInfo Info, bool IsEmbedding)>(StringComparer.Ordinal),
        };
        var saved = new OrderedDictionary<string, (SavedTensor Tensor, TensorInfo Place)>(StringComparer.Ordinal);
        foreach (var tensor in file.Tensors.Values)
        {
            if (anyArchitecture && key.TryParseSaved(tensor.Name, savedModules, out var name, out var module))
            {
                if (!saved.TryAdd(name, (new(name, module, tensor.Dtype, tensor.Shape), tensor)))
                    throw new AdapterException(file.Path, $"the saved tensor '{name}' is there twice, as '{saved[name].Place.Name}' and as '{tensor.Name}'.");
                continue;
            }
            CheckDtype(file, tensor);
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
                    $"unexpected tensor '{tensor.Name}', expected only {PeftKey.Expected}; the adapter is not plain LoRA on linear layers.");
            if (!byFactor[(int)factor].TryAdd(layer, (tensor, isEmbedding)))
                throw new AdapterException(file.Path, $"layer '{layer}' has lora_{factor} twice, once with the adapter's name in the key.");
        }
        var (allA, allB) = (byFactor[(int)LoraFactor.A], byFactor[(int)LoraFactor.B]);
        if (allA.Keys.Except(allB.Keys).FirstOrDefault() is { } aAlone) throw new AdapterException(file.Path, $"layer '{aAlone}' has lora_A but no lora_B.");
        if (allB.Keys.Except(allA.Keys).FirstOrDefault() is { } bAlone) throw new AdapterException(file.Path, $"layer '{bAlone}' has lora_B but no lora_A.");
        if (allA.Count == 0) throw new AdapterException(file.Path, $"the file holds no tensor, expected {PeftKey.Expected}.");
        if (allA.Keys.FirstOrDefault(layer => allA[layer].IsEmbedding != allB[layer].IsEmbedding) is { } mixed)
            throw new AdapterException(file.Path, $"layer '{mixed}' has one factor of an embedding and one of a linear layer, expected two of one kind.");
        var layers = allA.Select(pair => (pair.Key, A: pair.Value.Info, B: allB[pair.Key].Info, pair.Value.IsEmbedding))
            .Select(pair => (pair.Key, pair.A, pair.B, KindOf(file, pair.Key, pair.A.Shape, pair.B.Shape, pair.IsEmbedding, anyArchitecture))).ToList();
        if (anyArchitecture) CheckSaved(file, savedModules, saved.Values);
        else if (savedModules.Count > 0) CheckHead(file, Place(isBias: false), Place(isBias: true));
        return new PeftTensors(layers, [.. saved.Values]);

        TensorInfo? Place(bool isBias) => saved.TryGetValue(PeftKey.HeadTensor(isBias), out var found) ? found.Place : null;
    }

    static void CheckDtype(SafetensorsFile file, TensorInfo tensor)
    {
        if (tensor.Dtype is not (ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
            throw new AdapterException(file.Path, $"tensor '{tensor.Name}' is {tensor.Dtype}, expected a floating type; quantised adapters are not read.");
    }

    static AdapterLayerKind KindOf(SafetensorsFile file, string layer, IReadOnlyList<long> a, IReadOnlyList<long> b, bool isEmbedding, bool anyArchitecture)
    {
        var isWhole = a.Count > 1 && b.Count > 1 && a[0] == b[1] && a.Concat(b).All(size => size > 0);
        if (isWhole && a.Count == 2 && b.Count == 2) return isEmbedding ? AdapterLayerKind.Embedding : AdapterLayerKind.Linear;
        if (anyArchitecture && isWhole && !isEmbedding && a.Count > 2 && a.Count == b.Count)
        {
            if (a.Count == 4 && a.Skip(2).Concat(b.Skip(2)).All(size => size == 1)) return AdapterLayerKind.Convolution;
            throw new AdapterException(file.Path,
                $"layer '{layer}' is a convolution with a kernel of {string.Join("×", a.Skip(2))}; only those of 1×1 over two dimensions are composed. Take its tensors out, or train without it.");
        }
        throw new AdapterException(file.Path,
            $"layer '{layer}': expected lora_A [rank, in] and lora_B [out, rank] without empty sides, found [{string.Join(", ", a)}] and [{string.Join(", ", b)}].");
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
