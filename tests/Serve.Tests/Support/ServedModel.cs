using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace Serve.Tests.Support;

/// <summary>A model that was adapted to three kinds of pictures, and pictures that it has not seen.</summary>
public sealed class ServedModel : IDisposable
{
    readonly TinyAdaptation tiny = new();

    public ServedModel()
    {
        using (var result = tiny.Run("classifier")) result.Save(Folder);
        Pictures = [.. ImageFileList.Of(tiny.At("pictures", "test")).Select(File.ReadAllBytes)];
    }

    public string Folder => tiny.At("my-model");

    public IReadOnlyList<byte[]> Pictures { get; }

    public void Dispose() => tiny.Dispose();
}
