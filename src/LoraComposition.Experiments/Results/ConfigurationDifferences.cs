using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>Says in which settings two configurations differ, a line each: what is recorded as a hash in words, all else with both values.</summary>
static class ConfigurationDifferences
{
    const int Most = 8, LongestValue = 60;
    const string Modules = "modules.";

    /// <summary>The differences, at most eight and then how many more; none where the configurations are the same.</summary>
    /// <param name="there">What was recorded.</param>
    /// <param name="now">What is asked for.</param>
    public static IReadOnlyList<string> Of(JsonElement there, JsonElement now)
    {
        var (old, current) = (Flat(there), Flat(now));
        string[] names = [.. current.Keys.Concat(old.Keys.Except(current.Keys)).Where(name => Value(old, name) != Value(current, name))];
        bool sameTask = !names.Any(name => name is "task" or "task.name");
        string[] inputs = [.. names.Select(name => Input(name, sameTask)).OfType<string>()];
        // Which samples are held out follows from the data; that alone is worth a line where it does not.
        string[] split = inputs.Length == 0 && names.Any(IsSplit) ? ["other samples are held out for validation"] : [];
        string[] values = [.. names.Where(name => Input(name, sameTask) is null && !IsSplit(name) && !name.StartsWith(Modules, StringComparison.Ordinal))
            .Select(name => $"{Shown(name)}: {Text(Value(old, name))} there, {Text(Value(current, name))} now")];
        string[] lines = [.. inputs, .. values, .. split, .. ModuleLines([.. names.Where(name => name.StartsWith(Modules, StringComparison.Ordinal))], old, current)];
        return lines.Length <= Most ? lines : [.. lines.Take(Most), $"and {lines.Length - Most} more"];
    }

    static string? Input(string name, bool sameTask) => name switch
    {
        "train" or "task.train" => $"the data to learn from {(sameTask ? "has changed since" : "is other data")}",
        "test" or "task.test" => $"the data to test on {(sameTask ? "has changed since" : "is other data")}",
        "foundation" => "the base model is another",
        _ => null,
    };

    static bool IsSplit(string name) => name is "pool" or "validation" or "task.pool" or "task.validation";

    static IEnumerable<string> ModuleLines(string[] names, Dictionary<string, string> old, Dictionary<string, string> current)
    {
        foreach (var group in names.GroupBy(name => (There: Value(old, name) is not null, Now: Value(current, name) is not null)))
        {
            string listed = string.Join(", ", group.Select(name => name[Modules.Length..]));
            yield return group.Key switch
            {
                (true, true) => $"modules trained otherwise (other data, settings or base model): {listed}",
                (true, false) => $"modules only there: {listed}",
                _ => $"modules only now: {listed}",
            };
        }
    }

    static string Shown(string name) => name.StartsWith("options.", StringComparison.Ordinal) ? name["options.".Length..] : name;

    static string Text(string? value) => value switch
    {
        null => "none",
        _ when value[0] == '"' => Excerpt.Of(JsonSerializer.Deserialize<string>(value)!, LongestValue),
        _ => Excerpt.Of(value, LongestValue),
    };

    // A setting that is null and one that was not known yet are both none.
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
