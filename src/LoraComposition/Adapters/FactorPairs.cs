using LoraComposition.Files;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Collects the two factors of each layer of a file and checks that they belong together, before any is read.</summary>
/// <param name="file">The weights file.</param>
/// <param name="layout">Its layout.</param>
/// <param name="anyArchitecture">Whether convolutions are let through.</param>
internal sealed class FactorPairs(SafetensorsFile file, AdapterLayout layout, bool anyArchitecture)
{
    readonly SortedDictionary<string, (TensorInfo Info, bool IsEmbedding)>[] byFactor = [new(StringComparer.Ordinal), new(StringComparer.Ordinal)];

    /// <summary>Takes one factor in.</summary>
    /// <exception cref="AdapterException">The layer has it already.</exception>
    public void Add(string layer, LoraFactor factor, TensorInfo tensor, bool isEmbedding)
    {
        if (!byFactor[(int)factor].TryAdd(layer, (tensor, isEmbedding)))
            throw new AdapterException(file.Path, $"layer '{layer}' has {layout.FactorName(factor)} twice, once with the adapter's name in the key.");
    }

    /// <summary>The layers in ordinal order with their factors, [rank, in] and [out, rank], or with two more sides of 1.</summary>
    /// <param name="expected">What the file should hold, for messages.</param>
    /// <exception cref="AdapterException">A factor is alone or misshaped, or there is none.</exception>
    public IReadOnlyList<(string Layer, TensorInfo A, TensorInfo B, AdapterLayerKind Kind)> ToLayers(string expected)
    {
        var (allA, allB) = (byFactor[(int)LoraFactor.A], byFactor[(int)LoraFactor.B]);
        var (nameA, nameB) = (layout.FactorName(LoraFactor.A), layout.FactorName(LoraFactor.B));
        if (allA.Keys.Except(allB.Keys).FirstOrDefault() is { } aAlone) throw new AdapterException(file.Path, $"layer '{aAlone}' has {nameA} but no {nameB}.");
        if (allB.Keys.Except(allA.Keys).FirstOrDefault() is { } bAlone) throw new AdapterException(file.Path, $"layer '{bAlone}' has {nameB} but no {nameA}.");
        if (allA.Count == 0) throw new AdapterException(file.Path, $"the file holds no tensor, expected {expected}.");
        if (allA.Keys.FirstOrDefault(layer => allA[layer].IsEmbedding != allB[layer].IsEmbedding) is { } mixed)
            throw new AdapterException(file.Path, $"layer '{mixed}' has one factor of an embedding and one of a linear layer, expected two of one kind.");
        return [.. allA.Select(pair => (pair.Key, A: pair.Value.Info, B: allB[pair.Key].Info, pair.Value.IsEmbedding))
            .Select(pair => (pair.Key, pair.A, pair.B, KindOf(pair.Key, pair.A.Shape, pair.B.Shape, pair.IsEmbedding)))];
    }

    /// <summary>Refuses what holds no numbers of a factor.</summary>
    /// <exception cref="AdapterException">The type is not a floating one.</exception>
    public void CheckDtype(TensorInfo tensor)
    {
        if (tensor.Dtype is not (ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
            throw new AdapterException(file.Path, $"tensor '{tensor.Name}' is {tensor.Dtype}, expected a floating type; quantised adapters are not read.");
    }

    AdapterLayerKind KindOf(string layer, IReadOnlyList<long> a, IReadOnlyList<long> b, bool isEmbedding)
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
            $"layer '{layer}': expected {layout.FactorName(LoraFactor.A)} [rank, in] and {layout.FactorName(LoraFactor.B)} [out, rank] without empty sides, found [{string.Join(", ", a)}] and [{string.Join(", ", b)}].");
    }
}
