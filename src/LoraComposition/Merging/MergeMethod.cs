using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// A way to compose the updates of several modules on a layer from the modules alone: nothing is learned and no model is needed. A method is one class that
/// says what becomes of a layer; attaching, exporting, compressing, merging and provenance follow from that.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public abstract class MergeMethod
{
    readonly double lambda;

    /// <summary>Begins a method.</summary>
    /// <param name="name">Its name in tables, in files and on the command line, for example <c>ties</c>.</param>
    /// <param name="lambda">The factor in front of the composed update. Default 1: as the method is defined.</param>
    /// <exception cref="ArgumentException">The name is blank.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The factor is not finite.</exception>
    protected MergeMethod(string name, double lambda = 1)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!FiniteNumbers.IsWeight(lambda)) throw new ArgumentOutOfRangeException(nameof(lambda), lambda, "The factor must be finite in float32.");
        (Name, this.lambda) = (name, lambda);
    }

    /// <summary>The name in tables, in files and on the command line.</summary>
    public string Name { get; }

    /// <summary>The factor in front of the composed update.</summary>
    public double Lambda => lambda;

    /// <summary>The settings that the result depends on, by the names of the command line; kept in the result's provenance. <c>lambda</c> where it is not 1.</summary>
    public IReadOnlyDictionary<string, double> Settings =>
        (lambda == 1 ? OwnSettings : OwnSettings.Append(new("lambda", lambda))).ToDictionary(StringComparer.Ordinal);

    /// <summary>The settings of the method besides <see cref="Lambda"/>. Default none.</summary>
    protected virtual IEnumerable<KeyValuePair<string, double>> OwnSettings => [];

    /// <summary>Composes a layer.</summary>
    /// <param name="layer">The modules' updates.</param>
    /// <returns>The composed update. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The method cannot compose these updates; the message names the layer and what to do.</exception>
    /// <exception cref="NonFiniteException">The composed update is NaN or infinite.</exception>
    public LayerUpdate Merge(MergeLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var composed = Compose(layer);
        var merged = lambda == 1 ? composed : composed.Times(lambda);
        if (merged.IsFinite()) return merged;
        merged.Dispose();
        throw new NonFiniteException($"Layer '{layer.Path}', composed by '{Name}': {layer.NonFiniteModule() ?? "the composed update is NaN or infinite; give smaller weights"}.");
    }

    /// <summary>Composes a layer, without the factor <see cref="Lambda"/>. Tensors that it makes on its way may stay in the present dispose scope.</summary>
    /// <param name="layer">The modules' updates.</param>
    /// <returns>The composed update. The caller owns it.</returns>
    protected abstract LayerUpdate Compose(MergeLayer layer);

    /// <summary>How an adapter that the method makes came about.</summary>
    internal AdapterProvenance ToProvenance(IEnumerable<AdapterSource> sources) => new() { Method = Name, Settings = Settings, Sources = [.. sources] };

    /// <summary>A setting for <see cref="OwnSettings"/>, checked.</summary>
    private protected static double Share(double share, string name, bool orZero = false) =>
        share is > 0 and <= 1 || (orZero && share == 0) ? share
            : throw new ArgumentOutOfRangeException(name, share, $"The {name} must lie in {(orZero ? "[" : "(")}0, 1].");

    /// <inheritdoc/>
    public override string ToString() => Settings.Count == 0 ? Name
        : $"{Name} ({string.Join(", ", Settings.Select(pair => FormattableString.Invariant($"{pair.Key} {pair.Value}")))})";
}
