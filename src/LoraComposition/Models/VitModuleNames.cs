using System.Text.RegularExpressions;

namespace LoraComposition.Models;

/// <summary>
/// The two names that transformers has for a layer of a ViT or DeiT: adapters call layers as the program did that trained them, checkpoints as version 4 did, unless another
/// program wrote them.
/// </summary>
internal static partial class VitModuleNames
{
    static readonly LinearRole[] roles = [LinearRole.Query, LinearRole.Key, LinearRole.Value, LinearRole.Output, LinearRole.FeedForwardIn, LinearRole.FeedForwardOut];

    // Inside its block: since version 5, up to version 4.
    static readonly (string Now, string Before)[] layers =
        [.. roles.Select(role => (PlainVit.SinceTransformers5(role), new TransformersVitLayout("").Layer(0, role).Name["encoder.layer.0.".Length..]))];

    /// <summary>The other name of a layer, as version 5 has it for a name of version 4 and the reverse; null where it has none.</summary>
    public static string? Other(string path)
    {
        if (Now().Match(path) is { Success: true } now && Array.Find(layers, layer => layer.Now == now.Groups["name"].Value) is { Before: { } before })
            return $"{now.Groups["front"].Value}encoder.layer.{now.Groups["block"].Value}.{before}";
        if (Before().Match(path) is { Success: true } old && Array.Find(layers, layer => layer.Before == old.Groups["name"].Value) is { Now: { } since })
            return $"{old.Groups["front"].Value}layers.{old.Groups["block"].Value}.{since}";
        return null;
    }

    [GeneratedRegex(@"\A(?<front>|.*\.)layers\.(?<block>[0-9]+)\.(?<name>.+)\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Now();

    [GeneratedRegex(@"\A(?<front>|.*\.)encoder\.layer\.(?<block>[0-9]+)\.(?<name>.+)\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Before();
}
