using System.Text.Json;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Reads the rows of a JSON file: one object a line, or one list of objects.</summary>
internal static class JsonRows
{
    public const int MaxRows = 1_000_000;
    const int MaxRowLength = 4 * 1024 * 1024;
    const int MaxDepth = 16;

    /// <param name="file">The file.</param>
    /// <param name="mayHaveMark">Whether it may begin with a byte order mark.</param>
    /// <param name="read">Is given the reading of each row, and gives the row or null for one to leave out; reads where not given.</param>
    public static IEnumerable<QuestionRow> Read(string file, bool mayHaveMark = false, Func<Func<QuestionRow>, QuestionRow?>? read = null)
    {
        read ??= parse => parse();
        byte[] bytes = QuestionFileBytes.ReadUtf8(file, mayHaveMark);
        int start = bytes.AsSpan().IndexOfAnyExcept(" \t\r\n"u8);
        if (start < 0) throw new DataException(file, "expected JSON objects, found white space only.");
        return bytes[start] == (byte)'[' ? ReadList(file, bytes, read) : ReadLines(file, bytes, read);
    }

    static IEnumerable<QuestionRow> ReadLines(string file, byte[] bytes, Func<Func<QuestionRow>, QuestionRow?> read)
    {
        int rows = 0;
        for (int line = 1, start = 0; start < bytes.Length; line++)
        {
            int length = bytes.AsSpan(start).IndexOf((byte)'\n');
            int end = length < 0 ? bytes.Length : start + length;
            if (bytes.AsSpan(start, end - start).ContainsAnyExcept(" \t\r"u8))
            {
                CheckCount(file, ++rows);
                string place = $"line {line}";
                var text = bytes.AsMemory(start, end - start);
                if (read(() => Parse(file, place, text)) is { } row) yield return row;
            }
            start = end + 1;
        }
    }

    static IEnumerable<QuestionRow> ReadList(string file, byte[] bytes, Func<Func<QuestionRow>, QuestionRow?> read)
    {
        int line = 1, counted = 0, rows = 0;
        foreach (var (start, end) in ItemsOf(file, bytes))
        {
            line += bytes.AsSpan(counted, start - counted).Count((byte)'\n');
            counted = start;
            CheckCount(file, ++rows);
            string place = $"line {line}";
            var text = bytes.AsMemory(start, end - start);
            if (read(() => Parse(file, place, text)) is { } row) yield return row;
        }
    }

    /// <summary>Where the items of the list begin and end. The whole list is walked first, so that a broken end is found before any row is used.</summary>
    static List<(int Start, int End)> ItemsOf(string file, byte[] bytes)
    {
        var items = new List<(int, int)>();
        try
        {
            var json = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = MaxDepth });
            json.Read();
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                int start = (int)json.TokenStartIndex;
                json.Skip();
                items.Add((start, (int)json.BytesConsumed));
            }
            while (json.Read()) { }
        }
        catch (JsonException e)
        {
            throw new DataException(file, $"line {e.LineNumber + 1}: {NotJson(e)}", e);
        }
        return items;
    }

    /// <summary>Reads one row.</summary>
    public static JsonRow Parse(string file, string place, ReadOnlyMemory<byte> text)
    {
        if (text.Length > MaxRowLength) throw new DamagedRowException(file, place, $"expected at most {MaxRowLength} bytes, found {text.Length}.");
        try
        {
            CheckTexts(text.Span);
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxDepth });
            if (document.RootElement.ValueKind == JsonValueKind.Object) return new JsonRow(file, place, document.RootElement.Clone());
            throw new DamagedRowException(file, place, $"expected a JSON object, found {document.RootElement.ValueKind}.");
        }
        catch (JsonException e)
        {
            throw new DamagedRowException(file, place, NotJson(e), e);
        }
        catch (InvalidOperationException e)
        {
            throw new DamagedRowException(file, place, "a text escapes half of a surrogate pair; the file is damaged.", e);
        }
    }

    // A document decodes a text when it is asked for, which would be too late for this file's own refusal.
    static void CheckTexts(ReadOnlySpan<byte> text)
    {
        var json = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (json.Read())
        {
            if (json.ValueIsEscaped) _ = json.GetString();
        }
    }

    static void CheckCount(string file, int rows)
    {
        if (rows > MaxRows) throw new DataException(file, $"expected at most {MaxRows} rows, found more; split the file.");
    }

    static string NotJson(JsonException e) => $"expected a JSON object, but the text is not valid JSON ({e.Message.TrimEnd('.')}); replace the file.";
}

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
        return element.ValueKind == JsonValueKind.String ? Parsed(TextOf(element, path), path)
            : throw Unexpected(path, "an integer of at least 0", element.ValueKind.ToString());
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
