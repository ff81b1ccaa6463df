using System.Text.RegularExpressions;
using LoraComposition.Files;

namespace LoraComposition;

/// <summary>One of the spellings of diffusers: the component of the pipeline, the layer's path in it, and an ending that may depend on the component.</summary>
internal sealed partial class DiffusersLayout(string name, Func<string, (string A, string B)> ends) : SingleFileLayout(name)
{
    /// <summary>How the components begin that are text encoders.</summary>
    public const string TextEncoder = "text_encoder";

    public override string Expected => $"unet.PATH, transformer.PATH or {TextEncoder}.PATH with {string.Join(", ", Ends)} or .alpha";

    protected override IReadOnlyList<string> Ends { get; } =
        [.. new[] { "unet.", TextEncoder }.Select(ends).SelectMany(pair => (string[])[pair.A, pair.B]).Distinct()];

    public override IReadOnlyList<(double Alpha, double Scaling)> Scalings(SafetensorsFile file, IReadOnlyList<(string Layer, long Rank)> layers,
        IReadOnlyDictionary<string, double> alphas, List<string> warnings)
    {
        var configs = DiffusersMetadata.Parse(file, layers.Select(layer => Component(layer.Layer)).Distinct().ToArray(), warnings);
        var mixed = layers.GroupBy(layer => Component(layer.Layer)).Where(group => group.Select(layer => layer.Rank).Distinct().Count() > 1)
            .Select(group => group.Key).ToHashSet(StringComparer.Ordinal);
        return [.. layers.Select(layer => Scaling(layer.Layer, layer.Rank))];

        (double Alpha, double Scaling) Scaling(string layer, long rank)
        {
            string component = Component(layer), path = layer[(component.Length + 1)..];
            double? alpha = alphas.TryGetValue(layer, out double value) ? value : null;
            if (configs.GetValueOrDefault(component) is not { } config)
            {
                // diffusers takes for all of them the rank of whichever layer it meets first; other programs take each layer's own.
                if (alpha is null && mixed.Contains(component))
                    throw new AdapterException(file.Path,
                        $"layer '{layer}' has no alpha although the layers of '{component}' have several ranks, which programs read in different ways; save it again with a diffusers that writes '{DiffusersMetadata.Key}'.");
                return (alpha ?? rank, alpha / rank ?? 1);
            }
            if (config.Rank.For(path) != rank)
                throw new AdapterException(file.Path,
                    $"layer '{layer}' has rank {rank}, but '{DiffusersMetadata.Key}' says {config.Rank.For(path)}; the two do not belong together.");
            if (config.NamesTargets && !config.IsTarget(path))
                throw new AdapterException(file.Path, $"layer '{layer}' is no target by '{DiffusersMetadata.Key}'; the two do not belong together.");
            if (alpha is not null && alpha / rank != config.Scaling(path, rank))
                throw new AdapterException(file.Path,
                    $"layer '{layer}' has alpha {alpha}, but '{DiffusersMetadata.Key}' says {config.Alpha.For(path)}{(config.UseRslora ? " with use_rslora" : "")}; remove the one that is wrong.");
            return (config.Alpha.For(path), config.Scaling(path, rank));
        }
    }

    internal override string FactorName(LoraFactor factor) => End("unet.", factor)[1..^".weight".Length];

    // diffusers refuses a file with both alphas and its own entry.
    internal override string? AlphaKey(string layer) => null;

    internal override string Component(string layer) => layer[..layer.IndexOf('.')];

    internal override IEnumerable<KeyValuePair<string, string>> Metadata(IReadOnlyList<LayerScale> layers, string? baseModel, string? revision) =>
        base.Metadata(layers, baseModel, revision).Append(new(DiffusersMetadata.Key, DiffusersMetadata.Format(layers.Select(layer =>
            (Component: Component(layer.Layer), Scale: layer with { Layer = layer.Layer[(Component(layer.Layer).Length + 1)..] })))));

    protected override string End(string layer, LoraFactor factor) => factor == LoraFactor.A ? ends(layer).A : ends(layer).B;

    protected override bool IsLayer(string layer) => Path().IsMatch(layer) && !layer.Contains(".processor.", StringComparison.Ordinal);

    [GeneratedRegex(@"^(unet|(transformer|text_encoder)(_[0-9]+)?)(\.[A-Za-z0-9_-]+)+\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Path();
}
