using System.Text.RegularExpressions;

namespace LoraComposition.Models;

/// <summary>
/// The two names that transformers has for a layer of a ViT or DeiT: adapters call layers as the program did that trained them, checkpoints as version 4 did, unless another
/// program wrote them.
/// </summary>
internal static partial class VitModuleNames
{
    // By the end of the name: since version 5, up to version 4.
    static readonly (string Now, string Before)[] layers =
    [
        ("attention.q_proj", "attention.attention.query"),
        ("attention.k_proj", "attention.attention.key"),
        ("attention.v_proj", "attention.attention.value"),
        ("attention.o_proj", "attention.output.dense"),
        ("mlp.fc1", "intermediate.dense"),
        ("mlp.fc2", "output.dense"),
    ];

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
