using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LoraComposition.Files;

/// <summary>
/// One file mapped privately, once for each element type: torch maps from the start of a file only, so a mapping for each tensor would reserve the whole file
/// each time.
/// </summary>
/// <remarks>Not thread-safe. Views outlive this object.</remarks>
internal sealed class MappedFile(string path, long length, DateTime writtenUtc) : IDisposable
{
    readonly Dictionary<ScalarType, Tensor> wholes = [];

    /// <summary>Makes a view of one tensor that is aligned to its type and not empty.</summary>
    /// <returns>The view, owned by the caller; null where the system cannot map the file, or another file took its path.</returns>
    public Tensor? View(TensorInfo info)
    {
        if (!wholes.TryGetValue(info.Dtype, out var whole))
        {
            whole = Map(info.Dtype);
            if (whole is null) return null;
            wholes.Add(info.Dtype, whole);
        }
        var size = SafetensorsDtype.Size(info.Dtype);
        using var flat = whole.narrow(0, info.Offset / size, info.ByteLength / size);
        return flat.view([.. info.Shape]);
    }

    public void Dispose()
    {
        foreach (var whole in wholes.Values) whole.Dispose();
        wholes.Clear();
    }

    Tensor? Map(ScalarType dtype)
    {
        if (!IsUnchanged()) return null;
        Tensor whole;
        try
        {
            whole = from_file(path, shared: false, size: length / SafetensorsDtype.Size(dtype), dtype: dtype).DetachFromDisposeScope();
        }
        catch (ExternalException)
        {
            return null;
        }
        // The path is opened a second time here, and the file may have been replaced in between.
        if (IsUnchanged()) return whole;
        whole.Dispose();
        return null;
    }

    bool IsUnchanged()
    {
        var now = new FileInfo(path);
        return now.Exists && now.Length == length && now.LastWriteTimeUtc == writtenUtc;
    }
}
