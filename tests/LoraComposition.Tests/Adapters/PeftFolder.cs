using System.Text.Json.Nodes;
using LoraComposition.Files;
using LoraComposition.Tests.Files;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Adapters;

/// <summary>Adapters written by PEFT, and copies of them that a test may spoil.</summary>
internal static class PeftFolder
{
    public static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", "peft", name);

    public static string Copy(TemporaryFolder target, string fixture = "vit-a")
    {
        foreach (var file in Directory.GetFiles(Fixture(fixture))) File.Copy(file, target.File(Path.GetFileName(file)), overwrite: true);
        return target.Path;
    }

    /// <summary>Sets one setting of the copy's configuration to a JSON value, or removes it.</summary>
    public static void Set(TemporaryFolder folder, string setting, string? json)
    {
        var path = folder.File("adapter_config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        if (json is null) config.Remove(setting);
        else config[setting] = JsonNode.Parse(json);
        File.WriteAllText(path, config.ToJsonString());
    }

    /// <summary>Writes the copy's weights again with some changed, added or (where null) removed.</summary>
    public static void Change(TemporaryFolder folder, Action<Dictionary<string, Tensor>> change) => Change(folder.Path, change);

    public static void Change(string folder, Action<Dictionary<string, Tensor>> change)
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder, "adapter_model.safetensors");
        Dictionary<string, Tensor> tensors;
        using (var file = SafetensorsFile.Open(path)) tensors = file.Tensors.Keys.ToDictionary(name => name, name => file.Read(name).clone());
        change(tensors);
        SafetensorsWriter.Write(path, tensors);
    }
}
