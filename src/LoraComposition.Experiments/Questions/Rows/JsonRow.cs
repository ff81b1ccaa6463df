using System.Text.Json;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>A row that is a JSON object.</summary>
internal sealed class JsonRow(string file, string place, JsonElement row) : QuestionRow(file, place)
{
    public override bool Has(params ReadOnlySpan<string> path)
    {
        var element = row;
        foreach (string name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return false;
        }
        return element.ValueKind != JsonValueKind.Null;
    }

    public override string Text(params ReadOnlySpan<string> path) => TextOf(Find(row, path, 0), path);

    public override IReadOnlyList<string> Texts(params ReadOnlySpan<string> path)
    {
        var element = row;
        int depth = 0;
        while (depth < path.Length && element.ValueKind != JsonValueKind.Array) element = Find(element, path[..(depth + 1)], depth++);
        if (element.ValueKind != JsonValueKind.Array) throw Unexpected(path, "a list", element.ValueKind.ToString());
        int count = element.GetArrayLength();
        if (count > MaxOptions) throw Unexpected(path, $"a list of at most {MaxOptions}", $"{count} items");
        var texts = new List<string>(count);
        foreach (var item in element.EnumerateArray()) texts.Add(TextOf(Find(item, path, depth), path));
        return texts;
    }

    public override int Integer(params ReadOnlySpan<string> path)
    {
        var element = Find(row, path, 0);
        if (element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) && value >= 0) return value;
        return element.ValueKind == JsonValueKind.String ? Parsed(TextOf(element, path), path) : throw Unexpected(path, "an integer of at least 0", element.ValueKind.ToString());
    }

    JsonElement Find(JsonElement element, ReadOnlySpan<string> path, int from)
    {
        for (int i = from; i < path.Length; i++)
        {
            if (element.ValueKind != JsonValueKind.Object) throw Unexpected(path[..i], "an object", element.ValueKind.ToString());
            if (!element.TryGetProperty(path[i], out var value)) throw Refused($"expected a member '{NameOf(path[..(i + 1)])}', found none.");
            element = value;
        }
        return element;
    }

    string TextOf(JsonElement element, ReadOnlySpan<string> path)
    {
        if (element.ValueKind != JsonValueKind.String) throw Unexpected(path, "a text", element.ValueKind.ToString());
        return Checked(element.GetString()!, path);
    }
}
