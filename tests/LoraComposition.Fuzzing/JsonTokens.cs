using System.Text;
using System.Text.Json;

namespace LoraComposition.Fuzzing;

/// <summary>Where the parts of a valid ASCII JSON text lie.</summary>
public sealed class JsonTokens
{
    public JsonTokens(string json)
    {
        var reader = new Utf8JsonReader(Encoding.ASCII.GetBytes(json));
        while (reader.Read())
        {
            var start = (int)reader.TokenStartIndex;
            Range token = start..(int)reader.BytesConsumed;
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    Range name = start..(start + reader.ValueSpan.Length + 2);
                    var value = reader;
                    value.Read();
                    var valueStart = (int)value.TokenStartIndex;
                    value.Skip();
                    Names.Add(name);
                    Values.Add(valueStart..(int)value.BytesConsumed);
                    Entries.Add(start..(int)value.BytesConsumed);
                    Texts.Add(name);
                    break;
                case JsonTokenType.String:
                    Texts.Add(token);
                    Scalars.Add(token);
                    break;
                case JsonTokenType.Number:
                    Numbers.Add(token);
                    Scalars.Add(token);
                    break;
            }
        }
    }

    /// <summary>The names of properties, in quotes.</summary>
    public List<Range> Names { get; } = [];

    /// <summary>The whole values of properties.</summary>
    public List<Range> Values { get; } = [];

    /// <summary>Names with their values.</summary>
    public List<Range> Entries { get; } = [];

    /// <summary>Names and string values, in quotes.</summary>
    public List<Range> Texts { get; } = [];

    public List<Range> Numbers { get; } = [];

    /// <summary>Numbers and string values.</summary>
    public List<Range> Scalars { get; } = [];
}
