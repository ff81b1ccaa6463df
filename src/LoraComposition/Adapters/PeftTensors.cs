using LoraComposition.Serialization;
using static TorchSharp.torch;

namespace LoraComposition.Adapters;

/// <summary>Finds the two factors of each layer in a PEFT file and checks them before any is read.</summary>
internal static class PeftTensors
{
    /// <summary>Pairs the file's tensors.</summary>
    /// <returns>The layers in ordinal order with their factors, [rank, in] and [out, rank].</returns>
    /// <exception cref="AdapterException">A tensor is unexpected, alone, not floating or misshaped, or there is none.</exception>
    public static IReadOnlyList<(string Layer, TensorInfo A, TensorInfo B)> Pair(SafetensorsFile file)
    {
        var byFactor = new[] { new SortedDictionary<string, TensorInfo>(StringComparer.Ordinal), new SortedDictionary<string, TensorInfo>(StringComparer.Ordinal) };
        foreach (var tensor in file.Tensors.Values)
        {
            if (!PeftKey.TryParse(tensor.Name, out var layer, out var factor))
                throw new AdapterException(file.Path, $"unexpected tensor '{tensor.Name}', expected only {PeftKey.Expected}; the adapter is not plain LoRA on linear layers.");
            if (!byFactor[(int)factor].TryAdd(layer, tensor)) throw new AdapterException(file.Path, $"layer '{layer}' has lora_{factor} twice, once with the adapter's name in the key.");
            CheckDtype(file, tensor);
        }
        var (allA, allB) = (byFactor[(int)LoraFactor.A], byFactor[(int)LoraFactor.B]);
        if (allA.Keys.Except(allB.Keys).FirstOrDefault() is { } aAlone) throw new AdapterException(file.Path, $"layer '{aAlone}' has lora_A but no lora_B.");
        if (allB.Keys.Except(allA.Keys).FirstOrDefault() is { } bAlone) throw new AdapterException(file.Path, $"layer '{bAlone}' has lora_B but no lora_A.");
        if (allA.Count == 0) throw new AdapterException(file.Path, $"the file holds no tensor, expected {PeftKey.Expected}.");
        foreach (var (layer, a) in allA) CheckShapes(file, layer, a.Shape, allB[layer].Shape);
        return [.. allA.Select(pair => (pair.Key, pair.Value, allB[pair.Key]))];
    }

    static void CheckDtype(SafetensorsFile file, TensorInfo tensor)
    {
        if (tensor.Dtype is not (ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
            throw new AdapterException(file.Path, $"tensor '{tensor.Name}' is {tensor.Dtype}, expected a floating type; quantised adapters are not read.");
    }

    static void CheckShapes(SafetensorsFile file, string layer, IReadOnlyList<long> a, IReadOnlyList<long> b)
    {
        if (a.Count == 2 && b.Count == 2 && a[0] == b[1] && a.Concat(b).All(size => size > 0)) return;
        throw new AdapterException(file.Path, $"layer '{layer}': expected lora_A [rank, in] and lora_B [out, rank] without empty sides, found [{string.Join(", ", a)}] and [{string.Join(", ", b)}].");
    }
}
