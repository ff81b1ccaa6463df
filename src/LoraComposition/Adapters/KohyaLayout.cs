using System.Globalization;
using System.Text.RegularExpressions;
using LoraComposition.Files;

namespace LoraComposition;

/// <summary>The spelling of kohya's trainers, with an alpha beside the factors of each layer.</summary>
internal sealed partial class KohyaLayout() : SingleFileLayout("kohya")
{
    static readonly string[] ends = [".lora_down.weight", ".lora_up.weight"];

    public override string Expected =>
        "lora_unet_NAME, lora_te_NAME, lora_te1_NAME, lora_te2_NAME or lora_transformer_NAME with .lora_down.weight, .lora_up.weight or .alpha";

    protected override IReadOnlyList<string> Ends => ends;

    public override IReadOnlyList<(double Alpha, double Scaling)> Scalings(SafetensorsFile file, IReadOnlyList<(string Layer, long Rank)> layers,
        IReadOnlyDictionary<string, double> alphas, List<string> warnings) =>
        [.. layers.Select(layer => alphas.TryGetValue(layer.Layer, out double alpha) ? (alpha, alpha / layer.Rank) : (layer.Rank, 1))];

    internal override string FactorName(LoraFactor factor) => factor == LoraFactor.A ? "lora_down" : "lora_up";

    internal override string Component(string layer) => Path().Match(layer).Groups["component"].Value;

    // Which of kohya's programs made the network only that program knows: networks.lora and networks.lora_flux write the same keys.
    internal override IEnumerable<KeyValuePair<string, string>> Metadata(IReadOnlyList<LayerScale> layers, string? baseModel, string? revision)
    {
        foreach (var entry in base.Metadata(layers, baseModel, revision)) yield return entry;
        if (layers.Select(layer => layer.Rank).Distinct().ToArray() is not [long rank]) yield break;
        yield return new("ss_network_dim", rank.ToString(CultureInfo.InvariantCulture));
        yield return new("ss_network_alpha", rank.ToString(CultureInfo.InvariantCulture));
    }

    protected override string End(string layer, LoraFactor factor) => ends[(int)factor];

    protected override bool IsLayer(string layer) => Path().IsMatch(layer);

    [GeneratedRegex(@"^(?<component>lora_(unet|te[0-9]?|transformer))_[A-Za-z0-9_-]+\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Path();
}
