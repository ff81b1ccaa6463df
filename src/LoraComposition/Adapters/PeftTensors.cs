using LoraComposition.Files;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>The tensors of a PEFT file by what they mean, checked before any is read.</summary>
/// <param name="Layers">The layers in ordinal order with their factors, [rank, in] and [out, rank].</param>
/// <param name="HeadWeight">The weight of a saved head, [classes, d]; null where there is none.</param>
/// <param name="HeadBias">The bias of a saved head, [classes]; null where there is none.</param>
internal sealed record PeftTensors(IReadOnlyList<(string Layer, TensorInfo A, TensorInfo B)> Layers, TensorInfo? HeadWeight, TensorInfo? HeadBias)
{
    /// <summary>Sorts the file's tensors.</summary>
    /// <param name="file">The weights file.</param>
    /// <param name="key">How its tensors may be called.</param>
    /// <param name="savesHead">Whether it must hold a head.</param>
    /// <exception cref="AdapterException">A tensor is unexpected, alone, not floating or misshaped, or one is missing.</exception>
    public static PeftTensors Of(SafetensorsFile file, PeftKey key, bool savesHead)
    {
        var byFactor = new[] { new SortedDictionary<string, TensorInfo>(StringComparer.Ordinal), new SortedDictionary<string, TensorInfo>(StringComparer.Ordinal) };
        TensorInfo? headWeight = null, headBias = null;
        foreach (var tensor in file.Tensors.Values)
        {
            CheckDtype(file, tensor);
            if (key.TryParseHead(tensor.Name, out var isBias))
            {
                if (!savesHead)
                    throw new AdapterException(file.Path,
                        $"unexpected tensor '{tensor.Name}'; it is a saved head, so name '{PeftKey.Head}' in modules_to_save or remove the tensor.");
                ref var part = ref isBias ? ref headBias : ref headWeight;
                if (part is not null)
                    throw new AdapterException(file.Path, $"the head's {(isBias ? "bias" : "weight")} is there twice, as '{part.Name}' and as '{tensor.Name}'.");
                part = tensor;
                continue;
            }
            if (!key.TryParse(tensor.Name, out var layer, out var factor))
                throw new AdapterException(file.Path,
                    $"unexpected tensor '{tensor.Name}', expected only {PeftKey.Expected}; the adapter is not plain LoRA on linear layers.");
            if (!byFactor[(int)factor].TryAdd(layer, tensor))
                throw new AdapterException(file.Path, $"layer '{layer}' has lora_{factor} twice, once with the adapter's name in the key.");
        }
        var (allA, allB) = (byFactor[(int)LoraFactor.A], byFactor[(int)LoraFactor.B]);
        if (allA.Keys.Except(allB.Keys).FirstOrDefault() is { } aAlone) throw new AdapterException(file.Path, $"layer '{aAlone}' has lora_A but no lora_B.");
        if (allB.Keys.Except(allA.Keys).FirstOrDefault() is { } bAlone) throw new AdapterException(file.Path, $"layer '{bAlone}' has lora_B but no lora_A.");
        if (allA.Count == 0) throw new AdapterException(file.Path, $"the file holds no tensor, expected {PeftKey.Expected}.");
        foreach (var (layer, a) in allA) CheckShapes(file, layer, a.Shape, allB[layer].Shape);
        if (savesHead) CheckHead(file, headWeight, headBias);
        return new PeftTensors([.. allA.Select(pair => (pair.Key, pair.Value, allB[pair.Key]))], headWeight, headBias);
    }

    static void CheckDtype(SafetensorsFile file, TensorInfo tensor)
    {
        if (tensor.Dtype is not (ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
            throw new AdapterException(file.Path, $"tensor '{tensor.Name}' is {tensor.Dtype}, expected a floating type; quantised adapters are not read.");
    }

    static void CheckShapes(SafetensorsFile file, string layer, IReadOnlyList<long> a, IReadOnlyList<long> b)
    {
        if (a.Count == 2 && b.Count == 2 && a[0] == b[1] && a.Concat(b).All(size => size > 0)) return;
        throw new AdapterException(file.Path,
            $"layer '{layer}': expected lora_A [rank, in] and lora_B [out, rank] without empty sides, found [{string.Join(", ", a)}] and [{string.Join(", ", b)}].");
    }

    static void CheckHead(SafetensorsFile file, TensorInfo? weight, TensorInfo? bias)
    {
        if (weight is null)
            throw new AdapterException(file.Path,
                $"'modules_to_save' names the head, but the file holds no '{PeftKey.OfHead(isBias: false)}'; the two files do not belong together.");
        if (weight.Shape.Count != 2 || weight.Shape.Contains(0))
            throw new AdapterException(file.Path, $"tensor '{weight.Name}': expected [classes, d], found [{string.Join(", ", weight.Shape)}].");
        if (bias is not null && !bias.Shape.SequenceEqual([weight.Shape[0]]))
            throw new AdapterException(file.Path, $"tensor '{bias.Name}': expected [{weight.Shape[0]}], found [{string.Join(", ", bias.Shape)}].");
    }
}
