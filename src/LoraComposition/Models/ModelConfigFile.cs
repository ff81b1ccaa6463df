using LoraComposition.Files;

namespace LoraComposition.Models;

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
}
