using System.Text.Json;
using static TorchSharp.torch;

namespace LoraComposition.Files;

/// <summary>One entry of the header as it is written there; its numbers are not yet checked against the file.</summary>
internal sealed record SafetensorsEntry(string Name, ScalarType Dtype, long[] Shape, long Begin, long End)
{
    /// <summary>The bytes of the shape, where that is a tensor's and cannot overflow.</summary>
    public long ByteLength => Shape.Aggregate((long)SafetensorsDtype.Size(Dtype), (bytes, size) => bytes * size);
}

/// <summary>
/// Reads the JSON header strictly: the general deserialiser would keep the last of two entries with one name, and accept numbers that other readers see differently.
/// </summary>
internal ref struct SafetensorsHeaderParser
{
    readonly string path;
    readonly List<SafetensorsEntry> entries = [];
    Dictionary<string, string>? metadata;
    Utf8JsonReader json;

    SafetensorsHeaderParser(string path, ReadOnlySpan<byte> header)
    {
        this.path = path;
        json = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 16, CommentHandling = JsonCommentHandling.Disallow });
    }

    /// <summary>Parses the header's text, which must be valid UTF-8.</summary>
    /// <exception cref="SafetensorsException">The text is not a header as the format defines it.</exception>
    public static (IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata) Parse(string path, ReadOnlySpan<byte> header)
    {
        var parser = new SafetensorsHeaderParser(path, header);
        try
        {
            parser.ReadRoot();
            // Reading on is what finds a second value.
            parser.json.Read();
        }
        catch (JsonException e)
        {
            throw new SafetensorsException(path, $"the header is not valid JSON: {e.Message}", e);
        }
        return (parser.entries, parser.metadata ?? []);
    }

    void ReadRoot()
    {
        json.Read();
        Expect(JsonTokenType.StartObject, "the header", "an object");
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (NextProperty(names, "the header", out var name))
        {
            if (name == SafetensorsHeader.MetadataName)
            {
                metadata = ReadMetadata();
                continue;
            }
            if (SafetensorsName.Problem(name) is { } problem) throw Refuse($"a tensor name {problem}.");
            if (entries.Count == SafetensorsHeader.MaxTensors) throw Refuse($"the header names more than {SafetensorsHeader.MaxTensors} tensors.");
            entries.Add(ReadEntry(name));
        }
    }

    Dictionary<string, string> ReadMetadata()
    {
        Expect(JsonTokenType.StartObject, "'__metadata__'", "an object of strings");
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (NextProperty(keys, "'__metadata__'", out var key))
        {
            Expect(JsonTokenType.String, $"'__metadata__' entry '{Excerpt.Of(key)}'", "a string");
            texts.Add(key, Text());
        }
        return texts;
    }

    SafetensorsEntry ReadEntry(string name)
    {
        var owner = $"tensor '{name}'";
        Expect(JsonTokenType.StartObject, owner, "an object with dtype, shape and data_offsets");
        ScalarType? dtype = null;
        long[]? shape = null, offsets = null;
        var fields = new HashSet<string>(StringComparer.Ordinal);
        while (NextProperty(fields, owner, out var field))
        {
            switch (field)
            {
                case "dtype":
                    dtype = ReadDtype(owner);
                    break;
                case "shape":
                    shape = ReadIntegers(owner, field, SafetensorsHeader.MaxDimensions);
                    break;
                case "data_offsets":
                    offsets = ReadIntegers(owner, field, 2);
                    if (offsets.Length != 2) throw Refuse($"{owner} has {offsets.Length} data_offsets, expected [begin, end].");
                    break;
                default:
                    // The reference reader passes over fields that it does not know.
                    json.Skip();
                    break;
            }
        }
        if (dtype is null || shape is null || offsets is null)
            throw Refuse($"{owner} has no {(dtype is null ? "dtype" : shape is null ? "shape" : "data_offsets")}.");
        return new SafetensorsEntry(name, dtype.Value, shape, offsets[0], offsets[1]);
    }

    ScalarType ReadDtype(string owner)
    {
        Expect(JsonTokenType.String, $"{owner}, dtype", "a string");
        var text = Text();
        if (SafetensorsDtype.TryParse(text, out var dtype)) return dtype;
        throw Refuse(SafetensorsDtype.IsKnownButUnsupported(text)
            ? $"{owner} has dtype {text}, which is known but not supported here; convert it to {SafetensorsDtype.Supported}."
            : $"{owner} has the unknown dtype '{Excerpt.Of(text)}', expected {SafetensorsDtype.Supported}.");
    }

    long[] ReadIntegers(string owner, string field, int most)
    {
        Expect(JsonTokenType.StartArray, $"{owner}, {field}", "an array of integers");
        var numbers = new List<long>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            Expect(JsonTokenType.Number, $"{owner}, {field}", "a plain integer from 0 on");
            if (json.ValueSpan.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
                throw Refuse($"{owner}, {field}: expected a plain integer from 0 on, found a negative, fractional or exponent number.");
            if (!json.TryGetInt64(out var number)) throw Refuse($"{owner}, {field}: a number is above {long.MaxValue}.");
            if (numbers.Count == most) throw Refuse($"{owner}, {field}: more than {most} numbers.");
            numbers.Add(number);
        }
        return [.. numbers];
    }

    /// <summary>Steps to the value of the object's next property, or past the object's end.</summary>
    bool NextProperty(HashSet<string> seen, string owner, out string name)
    {
        json.Read();
        name = "";
        if (json.TokenType == JsonTokenType.EndObject) return false;
        name = Text();
        if (!seen.Add(name)) throw Refuse($"{owner} holds '{Excerpt.Of(name)}' twice.");
        json.Read();
        return true;
    }

    readonly void Expect(JsonTokenType type, string owner, string expected)
    {
        if (json.TokenType != type) throw Refuse($"{owner}: expected {expected}, found {json.TokenType}.");
    }

    readonly string Text()
    {
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw Refuse("a text escapes half of a surrogate pair.", e);
        }
    }

    readonly SafetensorsException Refuse(string message, Exception? cause = null) =>
        new(path, $"{message} (header, byte {SafetensorsHeader.PrefixLength + json.TokenStartIndex} of the file)", cause);
}
