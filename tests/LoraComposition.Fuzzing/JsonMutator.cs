using System.Text.Json;

namespace LoraComposition.Fuzzing;

/// <summary>Spoils JSON texts where it hurts: values, names, entries. What comes out is Latin-1, one character a byte, so that it can be invalid UTF-8 too.</summary>
/// <param name="values">Values that this format minds especially; taken half of the time.</param>
public sealed class JsonMutator(params string[] values)
{
    static readonly string[] anyValues =
    [
        "null", "true", "false", "0", "-1", "1", "-0", "0.5", "1e3", "1e308", "1e400", "-1e400", "2147483647", "2147483648", "4294967296", "1048575", "9223372036854775807",
        "9223372036854775808", "18446744073709551615", new('9', 400), "NaN", "Infinity", "0x10", "01", "\"\"", "\"0\"", "\"\\ud800\"", "\"\\u0000\\u001b[2J\"", "\"\u0007\"", "\"\u00ff\"",
        "\"\u00c0\u0080\"", "[]", "{}", "[[]]", "[null]", "{\"a\":1}", "[1,2,3]", "[0,0]", "[0]", "//", "/*", "\"", ",", "]", "}", "", $"\"{new string('x', 100_000)}\"",
    ];

    static readonly string[] anyCharacters =
        ["\0", "\u001b", "\\u0000", "\\u001b[2J", "\n", "\u007f", "\\u0085", "\\ud83d", "\\ud83d\\ude00", "\u00ef\u00bb\u00bf", "\u00ff", "\\\"", "\\", "/../", new('n', 2000), new('n', 100_000)];

    readonly Dictionary<string, JsonTokens> known = new(StringComparer.Ordinal);

    /// <summary>One mutation of a valid ASCII text that has a property, a text and a number; or two or three, where the text stays valid JSON in between.</summary>
    public (string Kind, string Json) Mutate(Random random, string json)
    {
        if (!known.TryGetValue(json, out var tokens)) known.Add(json, tokens = new JsonTokens(json));
        var (kind, spoilt) = Mutate(random, json, tokens);
        for (var more = Math.Max(0, random.Next(-2, 3)); more > 0; more--)
        {
            try
            {
                tokens = new JsonTokens(spoilt);
            }
            catch (JsonException)
            {
                break;
            }
            if (tokens.Numbers.Count == 0 || tokens.Texts.Count == 0) break;
            (kind, spoilt) = ("several", Mutate(random, spoilt, tokens).Json);
        }
        return (kind, spoilt);
    }

    (string Kind, string Json) Mutate(Random random, string json, JsonTokens tokens)
    {
        Range Pick(List<Range> some) => some[random.Next(some.Count)];
        string Value() => random.Next(2) == 0 && values.Length > 0 ? values[random.Next(values.Length)] : anyValues[random.Next(anyValues.Length)];

        switch (random.Next(9))
        {
            case 0: return ("number", Replace(json, Pick(tokens.Numbers), Value()));
            case 1: return ("scalar", Replace(json, Pick(tokens.Scalars), Value()));
            case 2: return ("value", Replace(json, Pick(tokens.Values), Value()));
            case 3: return ("name", Replace(json, Pick(tokens.Names), json[Pick(tokens.Texts)]));
            case 4:
                var entry = Pick(tokens.Entries);
                var copy = random.Next(3) switch { 0 => json[entry], 1 => json[entry].Replace("a", "\\u0061", StringComparison.Ordinal), _ => $"\"other{json[entry][1..]}" };
                return ("duplicate", Replace(json, entry, $"{json[entry]},{copy}"));
            case 5: return ("missing", Replace(json, Pick(tokens.Entries), "\"\":null"));
            case 6:
                var (first, second) = (Pick(tokens.Scalars), Pick(tokens.Scalars));
                if (first.Start.Value > second.Start.Value) (first, second) = (second, first);
                return ("swap", Replace(Replace(json, second, json[first]), first, json[second]));
            case 7:
                var (open, close) = random.Next(2) == 0 ? ("[", "]") : ("{\"a\":", "}");
                var depth = (int)Math.Pow(10, random.NextDouble() * 4);
                var end = random.Next(2) == 0 ? string.Concat(Enumerable.Repeat(close, depth)) : "";
                return ("nesting", Replace(json, Pick(tokens.Values), string.Concat(Enumerable.Repeat(open, depth)) + "1" + end));
            default:
                var text = Pick(tokens.Texts);
                return ("characters", json.Insert(random.Next(text.Start.Value, text.End.Value + 1), anyCharacters[random.Next(anyCharacters.Length)]));
        }
    }

    static string Replace(string json, Range part, string by) => json[..part.Start] + by + json[part.End..];
}
