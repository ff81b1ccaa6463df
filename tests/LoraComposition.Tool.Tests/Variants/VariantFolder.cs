using System.Text;
using System.Text.Json.Nodes;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Files;
using static TorchSharp.torch;

namespace LoraComposition.Tool.Tests.Variants;

/// <summary>A copy of a fixture that a variant changes as other programs and people do.</summary>
internal sealed class VariantFolder : IDisposable
{
    public const string Config = "adapter_config.json", Weights = "adapter_model.safetensors", ModelConfig = "config.json", ModelWeights = "model.safetensors";

    readonly TemporaryFolder folder = new();

    public VariantFolder(string fixture, string name = "variant")
    {
        (Root, Path) = (folder.Path, folder[name]);
        Directory.CreateDirectory(Path);
        foreach (string file in Directory.GetFiles(fixture)) File.Copy(file, At(System.IO.Path.GetFileName(file)));
    }

    /// <summary>The folder that is given to the tool.</summary>
    public string Path { get; set; }

    /// <summary>The folder above, in which nothing else lies.</summary>
    public string Root { get; }

    public string At(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    public void Dispose() => folder.Dispose();

    /// <summary>Sets one setting of a configuration, or removes it.</summary>
    public void Set(string setting, JsonNode? value, string file = Config) => Edit(config => config[setting] = value, file);

    public void Remove(string setting, string file = Config) => Edit(config => config.Remove(setting), file);

    public void Edit(Action<JsonObject> change, string file = Config)
    {
        var config = JsonNode.Parse(File.ReadAllText(At(file)))!.AsObject();
        change(config);
        File.WriteAllText(At(file), config.ToJsonString());
    }

    /// <summary>Writes a text file again in another form.</summary>
    public void Recode(Func<string, string> change, Encoding? encoding = null, string file = Config) =>
        File.WriteAllBytes(At(file), [.. (encoding ?? new UTF8Encoding(false)).GetPreamble(), .. (encoding ?? new UTF8Encoding(false)).GetBytes(change(File.ReadAllText(At(file))))]);

    /// <summary>Writes the tensors again with other names, types or numbers; none where the name is null.</summary>
    public void Tensors(Func<string, Tensor, (string? Name, Tensor Tensor)> change, string file = Weights, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var scope = NewDisposeScope();
        var written = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        using (var source = SafetensorsFile.Open(At(file)))
        {
            metadata ??= source.Metadata;
            foreach (string name in source.Tensors.Keys)
                if (change(name, source.Read(name).clone()) is ({ } renamed, var tensor)) written.Add(renamed, tensor);
        }
        SafetensorsWriter.Write(At(file), written, metadata);
    }

    public void Rename(Func<string, string> rename, string file = Weights) => Tensors((name, tensor) => (rename(name), tensor), file);

    public void To(ScalarType type, string file = Weights) => Tensors((name, tensor) => (name, tensor.to(type)), file);
}
