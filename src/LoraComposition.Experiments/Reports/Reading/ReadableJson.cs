using System.Text.Json;

namespace LoraComposition.Experiments;

/// <summary>Makes sure that the free parts of a result can be read: their texts are decoded only when they are asked for, too late for a message that names the file.</summary>
static class ReadableJson
{
    /// <summary>Checks the configuration and the details.</summary>
    /// <exception cref="RunFileException">A text escapes half of a surrogate pair, or an object has a name twice.</exception>
    public static void Check(string path, RunResult run)
    {
        try
        {
            Visit(run.Configuration);
            if (run.Details is { } details) Visit(details);
        }
        catch (InvalidOperationException e)
        {
            throw new RunFileException(path, "the configuration or the details hold a text that is no text: it escapes half of a surrogate pair.", e);
        }

        void Visit(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.String) _ = element.GetString();
            if (element.ValueKind == JsonValueKind.Array)
                foreach (var item in element.EnumerateArray()) Visit(item);
            if (element.ValueKind != JsonValueKind.Object) return;
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var member in element.EnumerateObject())
            {
                if (!names.Add(member.Name)) throw new RunFileException(path, "the configuration or the details hold an object that has one name twice.");
                Visit(member.Value);
            }
        }
    }
}
