using System.Text.Json;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Reads the names of the classes that the hub's library leaves in a Parquet file: <c>{"info": {"features": {"label": {"names": […]}}}}</c>.</summary>
internal static class LabelNames
{
    public const int MaxClasses = 100_000;

    const string Key = "huggingface";

    /// <summary>The names; null where the file has none.</summary>
    public static IReadOnlyList<string>? Of(ParquetFile file, string labelColumn)
    {
        if (!file.Metadata.TryGetValue(Key, out string? text)) return null;
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 32 });
            var element = document.RootElement;
            foreach (string member in new[] { "info", "features", labelColumn, "names" })
            {
                if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(member, out element)) return null;
            }
            if (element.ValueKind != JsonValueKind.Array) return null;
            string[] names = [.. element.EnumerateArray().Select(n => n.ValueKind == JsonValueKind.String ? n.GetString()! : "")];
            return names.Length is > 0 and <= MaxClasses && names.All(n => n.Length > 0) ? names
                : throw new DataException(file.Path, $"the metadata '{Key}' names {names.Length} classes of column '{labelColumn}'; expected 1 to {MaxClasses} texts. Write the file again.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new DataException(file.Path, $"the metadata '{Key}' is not valid JSON ({e.Message.TrimEnd('.')}); write the file again.", e);
        }
    }
}
