using System.Globalization;

namespace LoraComposition.Experiments;

/// <summary>Which layer a path names, and what it does in attention.</summary>
/// <param name="Role">query, key, value or output; the path's last part for others.</param>
/// <param name="Layer">For example <c>layer 3</c>, for T5 <c>decoder 3 cross</c>.</param>
/// <param name="Order">Sorts the layers: those of an encoder first, then by number, cross-attention after the decoder's own.</param>
sealed record SiteName(string Role, string Layer, (int Stack, int Number, int Cross) Order)
{
    /// <summary>Reads a path of ViT or T5, in any spelling.</summary>
    public static SiteName Of(string path)
    {
        string[] parts = path.Split('.');
        string? digits = parts.FirstOrDefault(part => part.Length is > 0 and <= 6 && part.All(char.IsAsciiDigit));
        if (digits is null) return new SiteName(RoleOf(parts[^1]), path, (0, 0, 0));
        bool cross = parts.Contains("EncDecAttention");
        // T5's paths begin so; a ViT has one stack.
        string stack = parts[0] is "encoder" or "decoder" && parts.Contains("block") ? parts[0] : "layer";
        int number = int.Parse(digits, CultureInfo.InvariantCulture);
        return new SiteName(RoleOf(parts[^1]), $"{stack} {number}{(cross ? " cross" : "")}", (stack == "decoder" ? 1 : 0, number, cross ? 1 : 0));
    }

    static string RoleOf(string part) => part switch
    {
        "q" or "q_proj" or "query" => "query",
        "k" or "k_proj" or "key" => "key",
        "v" or "v_proj" or "value" => "value",
        "o" or "o_proj" => "output",
        _ => part,
    };
}
