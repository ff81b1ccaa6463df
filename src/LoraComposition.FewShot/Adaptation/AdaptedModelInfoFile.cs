using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>Reads and writes <c>adapted.json</c>.</summary>
static class AdaptedModelInfoFile
{
    const long LargestFile = 16 << 20;

    public static AdaptedModelInfo Read(string folder)
    {
        string path = Path.Combine(folder, AdaptedModelFiles.Info);
        if (!File.Exists(path)) throw new ModelFileException(folder, $"the folder holds no {AdaptedModelFiles.Info}; give a folder that an adaptation wrote.");
        long length = new FileInfo(path).Length;
        if (length > LargestFile) throw new ModelFileException(path, $"expected at most {LargestFile} bytes, found {length}.");
        try
        {
            var info = JsonSerializer.Deserialize(File.ReadAllBytes(path), AdaptationJson.Default.AdaptedModelInfo);
            string? problem = info is null ? "expected an object, found null" : info.Problem();
            return problem is null ? info! : throw new ModelFileException(path, $"{problem}; adapt the model again.");
        }
        catch (JsonException e)
        {
            throw new ModelFileException(path, $"expected the description of an adapted model, but it is damaged: {e.Message}", e);
        }
    }

    public static void Write(string folder, AdaptedModelInfo info) => AtomicFile.Write(Path.Combine(folder, AdaptedModelFiles.Info), stream =>
    {
        JsonSerializer.Serialize(stream, info, AdaptationJson.Default.AdaptedModelInfo);
        stream.WriteByte((byte)'\n');
    });
}
