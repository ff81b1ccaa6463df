using System.Buffers;
using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>Says in which settings two configurations differ, a line each.</summary>
static class ConfigurationDifferences
{
    const int Most = 8, LongestValue = 60, ShownOfHash = 12, HashLength = 64;

    static readonly SearchValues<char> hexadecimal = SearchValues.Create("0123456789abcdef");

    // What is recorded as a hash has no value that means anything to a reader.
    static readonly Dictionary<string, string> hashed = new(StringComparer.Ordinal)
    {
        ["train"] = "the data to learn from has changed since",
        ["test"] = "the data to test on has changed since",
        ["pool"] = "other samples are there to learn from",
        ["validation"] = "other samples are held out for validation",
        ["foundation"] = "the base model is another",
    };

    /// <summary>The differences, at most eight and then how many more; none where the configurations are the same.</summary>
    /// <param name="there">What was recorded.</param>
    /// <param name="now">What is asked for.</param>
    public static IReadOnlyList<string> Of(JsonElement there, JsonElement now)
    {
        var (old, current) = (Flat(there), Flat(now));
        string[] names = [.. current.Keys.Concat(old.Keys.Except(current.Keys)).Where(name => Value(old, name) != Value(current, name))];
        // What the data is comes before what follows from it.
        string[] lines = [.. names.OrderBy(name => Means(name) is null).Select(name => Line(name, Value(old, name), Value(current, name))).Distinct()];
        return lines.Length <= Most ? lines : [.. lines.Take(Most), $"and {lines.Length - Most} more"];
    }

    static string Line(string name, string? there, string? now)
    {
        string shown = name.StartsWith("options.", StringComparison.Ordinal) ? name["options.".Length..] : name;
        if (!IsHash(there) || !IsHash(now)) return $"{shown}: {Shown(there)} there, {Shown(now)} now";
        return $"{shown}: {Means(name) ?? (name.StartsWith("modules.", StringComparison.Ordinal) ? "the module has other data, settings or another base model" : "another")} ({there![1..ShownOfHash]}… there, {now![1..ShownOfHash]}… now)";
    }

    static string? Means(string name) => hashed.GetValueOrDefault(name[(name.LastIndexOf('.') + 1)..]);

    // As JSON text, quotes and all.
    static bool IsHash(string? value) => value is { Length: HashLength + 2 } && value[0] == '"' && value.AsSpan(1, HashLength).IndexOfAnyExcept(hexadecimal) < 0;

    static string Shown(string? value) => value switch
    {
        null => "nothing recorded",
        { Length: > 2 } when value[0] == '"' => Excerpt.Of(JsonSerializer.Deserialize<string>(value)!, LongestValue),
        _ => Excerpt.Of(value, LongestValue),
    };

    static string? Value(Dictionary<string, string> flat, string name) => flat.GetValueOrDefault(name) is { } value && value != "null" ? value : null;

    static Dictionary<string, string> Flat(JsonElement configuration)
    {
        var flat = new Dictionary<string, string>(StringComparer.Ordinal);
        Add("", configuration);
        return flat;

        void Add(string name, JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Object)
                foreach (var member in element.EnumerateObject()) Add(name.Length == 0 ? member.Name : $"{name}.{member.Name}", member.Value);
            else flat[name] = ConfigurationHash.Canonical(element);
        }
    }
}
