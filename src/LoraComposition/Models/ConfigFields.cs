using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition.Models;

/// <summary>The settings of a model's <c>config.json</c>: a setting of the wrong type is refused, never passed over.</summary>
/// <param name="path">The file, for messages.</param>
/// <param name="root">Its content, an object.</param>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class ConfigFields(string path, JsonElement root)
{
    /// <summary>The largest integer that is believed. No size of a model comes near it, and products of a few stay far below 64 bits.</summary>
    const int Largest = 1 << 20;

    static readonly JsonElement nothing = JsonElement.Parse("{}");

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>The names of all settings.</summary>
    public IEnumerable<string> Names => root.EnumerateObject().Select(setting => setting.Name);

    /// <summary>A setting's value; null where it is missing or null.</summary>
    /// <param name="name">The name of the setting.</param>
    /// <returns>The value.</returns>
    public JsonElement? Find(string name) => root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A setting from 1 to 1,048,575; null where it is missing or null.</summary>
    /// <param name="name">The name of the setting.</param>
    /// <returns>The value.</returns>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public int? Positive(string name) => Integer(name, 1);

    /// <summary>A setting from 0 to 1,048,575; null where it is missing or null.</summary>
    /// <param name="name">The name of the setting.</param>
    /// <returns>The value.</returns>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public int? Count(string name) => Integer(name, 0);

    /// <summary>A finite number; null where it is missing or null.</summary>
    /// <param name="name">The name of the setting.</param>
    /// <returns>The value.</returns>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public double? Number(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) ? number
            : throw Expected(name, "a finite number", value);

    /// <summary>True or false; null where it is missing or null.</summary>
    /// <param name="name">The name of the setting.</param>
    /// <returns>The value.</returns>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public bool? Flag(string name) => Find(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Expected(name, "true or false", value);

    /// <summary>A text; null where it is missing or null.</summary>
    /// <param name="name">The name of the setting.</param>
    /// <returns>The value.</returns>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public string? Text(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Expected(name, "a text", value);

    /// <summary>The settings of an object inside this one; null where it is missing or null.</summary>
    /// <param name="name">The name of the setting.</param>
    /// <returns>The value.</returns>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public ConfigFields? Section(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new ConfigFields(path, value) : throw Expected(name, "an object", value);

    /// <summary>No settings at all, of the same file.</summary>
    internal ConfigFields Empty => new(path, nothing);

    /// <summary>The exception for a setting that is not what it must be.</summary>
    /// <param name="name">The name of the setting.</param>
    /// <param name="expected">What it must be, in words.</param>
    /// <param name="found">What it is; <c>default</c> where it is missing.</param>
    /// <returns>The exception, to be thrown.</returns>
    public CheckpointException Expected(string name, string expected, JsonElement found) =>
        new(path, $"expected {expected} for {name}, found {(found.ValueKind == JsonValueKind.Undefined ? "nothing" : Excerpt.Of(found.GetRawText()))}.");

    int? Integer(string name, int least)
    {
        if (Find(name) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least && number < Largest
            ? number
            : throw Expected(name, $"{(least > 0 ? "a positive integer" : "an integer from 0 on")} below {Largest}", value);
    }
}

/// <summary>The file that says what model a folder holds.</summary>
internal static class ModelConfigFile
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "config.json";

    /// <summary>Reads the settings of the model in a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="largest">The most bytes the file may have.</param>
    /// <exception cref="CheckpointException">The file is missing, too long or no JSON object.</exception>
    public static ConfigFields Read(string folder, int largest)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) throw new CheckpointException(path, $"the file is missing; a model folder holds {FileName} and {CheckpointFiles.FileName}.");
        using var document = JsonFile.Read(path, largest, (message, cause) => new CheckpointException(path, message, cause));
        return new ConfigFields(path, document.RootElement.Clone());
    }

    /// <summary>Reads the settings of the model in a folder and makes its configuration of them.</summary>
    /// <exception cref="CheckpointException">The file is missing, damaged, or asks for what cannot be.</exception>
    public static TConfig Read<TConfig>(string folder, int largest, Func<ConfigFields, TConfig> read)
    {
        var fields = Read(folder, largest);
        try
        {
            return read(fields);
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(fields.Path, e.Message, e);
        }
    }
}
