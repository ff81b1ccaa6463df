using LoraComposition.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition;

/// <summary>
/// Listens to what comes into layers of a model while it runs, and keeps their <see cref="InputStatistics"/>.
/// It holds no activations, so its memory does not grow with the samples.
/// </summary>
/// <remarks>
/// Owns the statistics. Disposing it stops listening. Not thread-safe: while it listens, the model's forward passes must not run in several threads either.
/// </remarks>
public sealed class LayerInputs : IDisposable
{
    readonly Dictionary<AdapterSite, InputStatistics> statistics = [];
    readonly List<Action> stops = [];

    LayerInputs()
    {
    }

    /// <summary>The layers and the statistics of their inputs so far. Owned by this object.</summary>
    public IReadOnlyDictionary<AdapterSite, InputStatistics> Statistics => statistics;

    /// <summary>Listens to the layers that stand at some sites now, plain or adapted. Attach and detach nothing there meanwhile.</summary>
    /// <param name="sites">The sites, each once.</param>
    /// <returns>The listener. The caller owns it.</returns>
    /// <exception cref="ArgumentException">A site is given twice.</exception>
    public static LayerInputs Record(IReadOnlyList<AdapterSite> sites)
    {
        ArgumentNullException.ThrowIfNull(sites);
        var inputs = new LayerInputs();
        try
        {
            foreach (var site in sites) inputs.Listen(site);
            return inputs;
        }
        catch
        {
            inputs.Dispose();
            throw;
        }
    }

    /// <summary>Stops listening and lets go of the statistics.</summary>
    public void Dispose()
    {
        stops.ForEach(stop => stop());
        stops.Clear();
        foreach (var layer in statistics.Values) layer.Dispose();
    }

    void Listen(AdapterSite site)
    {
        var weight = site.BaseLayer.weight!;
        var layer = new InputStatistics(weight.shape[1], weight.device);
        if (!statistics.TryAdd(site, layer))
        {
            layer.Dispose();
            throw new ArgumentException($"The site '{site.Path}' is given twice.");
        }
        var hook = site.Layer.register_forward_pre_hook((_, input) =>
        {
            layer.Add(input);
            return input;
        });
        stops.Add(hook.remove);
    }
}
