using LoraComposition.Models;

namespace LoraComposition;

/// <summary>The update that an adapter may hold of a model's head, which belongs to the classes that it was trained on: over a fresh head it means nothing.</summary>
public static class HeadUpdate
{
    /// <summary>An adapter without its update of the head.</summary>
    /// <param name="adapter">The adapter. It stays as it is.</param>
    /// <param name="model">The model, which tells what the head is called.</param>
    /// <returns>A copy with the other layers, of the same name and fingerprint, which the caller owns; null where the adapter does not change the head.</returns>
    /// <exception cref="AdapterMismatchException">The adapter changes nothing but the head.</exception>
    /// <exception cref="ObjectDisposedException">The adapter was disposed.</exception>
    public static LoraAdapter? Without(LoraAdapter adapter, IAdaptableModel model)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        ArgumentNullException.ThrowIfNull(model);
        var heads = model.Sites.Where(site => site.Role == LinearRole.Head).SelectMany(site => Enum.GetValues<ModuleSpelling>().Select(site.PathIn))
            .ToHashSet(StringComparer.Ordinal);
        if (adapter.Layers.Keys.FirstOrDefault(heads.Contains) is not { } head) return null;
        var others = adapter.Layers.Where(layer => !heads.Contains(layer.Key)).Select(layer => KeyValuePair.Create(layer.Key, layer.Value.Clone())).ToArray();
        if (others.Length == 0)
            throw new AdapterMismatchException(adapter.Name, head, "the adapter changes nothing but the head, and a fresh head is put on; give adapters that change other layers.");
        var rest = adapter.With(adapter.Name, others, adapter.Provenance);
        (rest.Fingerprint, rest.WeightsPath) = (adapter.Fingerprint, adapter.WeightsPath);
        return rest;
    }
}
