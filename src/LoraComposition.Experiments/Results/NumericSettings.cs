using System.Globalization;
using System.Text.Json;

namespace LoraComposition.Experiments;

/// <summary>The numbers of settings by dotted camelCase names, for example <c>lora.rank</c>: columns of a table.</summary>
static class NumericSettings
{
    /// <summary>Every number, and 1 or 0 for yes or no, however deep; texts, lists and what is not set are left out.</summary>
    /// <param name="settings">An object; nothing where it is none.</param>
    public static IReadOnlyDictionary<string, string> Of(JsonElement settings)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Visit(settings, "");
        return found;

        void Visit(JsonElement element, string name)
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.Object:
                    foreach (var member in element.EnumerateObject()) Visit(member.Value, name.Length == 0 ? member.Name : $"{name}.{member.Name}");
                    break;
                case JsonValueKind.Number when name.Length > 0:
                    found[name] = element.GetDouble().ToString("R", CultureInfo.InvariantCulture);
                    break;
                case JsonValueKind.True or JsonValueKind.False when name.Length > 0:
                    found[name] = element.ValueKind == JsonValueKind.True ? "1" : "0";
                    break;
            }
        }
    }

    /// <summary>Lines of fields with a column for each setting that any of them has; empty where one has it not.</summary>
    /// <param name="header">The columns before the settings.</param>
    /// <param name="lines">The fields of these, and the settings.</param>
    public static string ToCsv(IReadOnlyList<string> header, IReadOnlyList<(IReadOnlyList<string> Fields, IReadOnlyDictionary<string, string> Settings)> lines)
    {
        string[] names = [.. lines.SelectMany(line => line.Settings.Keys).Distinct().Order(StringComparer.Ordinal)];
        return CsvText.Of([[.. header, .. names], .. lines.Select(line => (string[])[.. line.Fields,
            .. names.Select(name => line.Settings.GetValueOrDefault(name, ""))])]);
    }
}
