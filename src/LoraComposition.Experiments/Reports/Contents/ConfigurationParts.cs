using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LoraComposition.Experiments;

/// <summary>What the configurations of runs have in common.</summary>
static class ConfigurationParts
{
    static readonly JsonSerializerOptions compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The members that are the same in all of them, as JSON.</summary>
    /// <param name="all">Objects, at least one.</param>
    public static string Common(IReadOnlyList<JsonElement> all) => Write(Select(all, null));

    /// <summary>The members that have a value that is the same in a group but not in all, as JSON; null where there are none.</summary>
    /// <param name="group">Objects, at least one.</param>
    /// <param name="all">The group and others.</param>
    /// <param name="without">Members of the root that are left out.</param>
    public static string? Own(IReadOnlyList<JsonElement> group, IReadOnlyList<JsonElement> all, IReadOnlyList<string> without) =>
        Select(group, all).Where(m => !without.Contains(m.Name)).ToArray() is { Length: > 0 } members ? Write(members) : null;

    // A part is a member with its value, or with the parts of the object that it is.
    sealed record Setting(string Name, JsonElement Value, IReadOnlyList<Setting>? Members);

    static List<Setting> Select(IReadOnlyList<JsonElement> group, IReadOnlyList<JsonElement>? all)
    {
        var parts = new List<Setting>();
        foreach (var member in group[0].EnumerateObject())
        {
            if (Values(group, member.Name) is not { } values) continue;
            var others = all is null ? null : Values(all, member.Name);
            bool same = Same(values);
            // What is the same in all is said once, with all of them.
            if (same && others is not null && Same(others)) continue;
            if (all is not null && values.All(value => value.ValueKind == JsonValueKind.Null)) continue;
            if (same && (others is null || !AreObjects(others))) parts.Add(new(member.Name, member.Value, null));
            else if (AreObjects(values) && Select(values, others is not null && AreObjects(others) ? others
                : null) is { Count: > 0 } members) parts.Add(new(member.Name, member.Value, members));
        }
        return parts;
    }

    static string Write(IReadOnlyList<Setting> parts)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions
        {
            Indented = true,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
        })) Write(json, parts);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    static void Write(Utf8JsonWriter json, IEnumerable<Setting> parts)
    {
        json.WriteStartObject();
        foreach (var part in parts)
        {
            json.WritePropertyName(part.Name);
            if (part.Members is { } members) Write(json, members);
            else if (part.Value.ValueKind == JsonValueKind.Object) Write(json, part.Value.EnumerateObject().Select(m => new Setting(m.Name, m.Value, null)));
            // A list reads best on one line.
            else json.WriteRawValue(JsonSerializer.Serialize(part.Value, compact));
        }
        json.WriteEndObject();
    }

    static List<JsonElement>? Values(IReadOnlyList<JsonElement> objects, string name)
    {
        var values = new List<JsonElement>();
        foreach (var element in objects)
        {
            if (!element.TryGetProperty(name, out var value)) return null;
            values.Add(value);
        }
        return values;
    }

    static bool Same(IReadOnlyList<JsonElement> values) => values.Skip(1).All(value => JsonElement.DeepEquals(value, values[0]));

    static bool AreObjects(IReadOnlyList<JsonElement> values) => values.All(value => value.ValueKind == JsonValueKind.Object);
}
