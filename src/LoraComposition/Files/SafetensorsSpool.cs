using static TorchSharp.torch;

namespace LoraComposition.Files;

/// <summary>
/// Tensors of a safetensors file that come one by one: a header needs all shapes before the first number, so the numbers wait in a temporary file. In the end
/// the bytes are those that <see cref="SafetensorsWriter"/> makes of the same tensors, in whatever order they came.
/// </summary>
/// <remarks>Owns the temporary file, which is gone when this is disposed, or when the process ends. Not thread-safe.</remarks>
internal sealed class SafetensorsSpool : IDisposable
{
    readonly FileStream spool;
    readonly string target;
    readonly Dictionary<string, (SafetensorsEntry Entry, long Start)> tensors = new(StringComparer.Ordinal);

    /// <param name="folder">Where the numbers wait. It must exist.</param>
    /// <param name="target">The file that they wait for, which failures name.</param>
    /// <exception cref="IOException">The folder is missing or cannot be written.</exception>
    public SafetensorsSpool(string folder, string target)
    {
        this.target = target;
        string path = Path.Combine(folder, $".{Path.GetRandomFileName()}.tmp");
        try
        {
            spool = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = FileOptions.DeleteOnClose,
                // What waited in a buffer for a full disk would fail once more when this is disposed.
                BufferSize = 0,
            });
        }
        catch (Exception e) when (WriteFailure.Of(e, path, target) is { } named)
        {
            throw named;
        }
    }

    /// <summary>Takes one tensor's numbers in.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="tensor">The tensor. It stays the caller's, and may be disposed afterwards.</param>
    /// <param name="dtype">The type in the file.</param>
    /// <exception cref="ArgumentException">The name or the type cannot be written, or the name was there before.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public void Add(string name, Tensor tensor, ScalarType dtype)
    {
        SafetensorsWriter.Check(name, tensor);
        if (!tensors.TryAdd(name, (new SafetensorsEntry(name, dtype, tensor.shape, 0, 0), spool.Position)))
            throw new ArgumentException($"Tensor '{name}' is there twice.", nameof(name));
        try
        {
            SafetensorsWriter.WriteData(spool, tensor, dtype);
        }
        catch (Exception e) when (WriteFailure.Of(e, spool.Name, target) is { } named)
        {
            throw named;
        }
    }

    /// <summary>Writes the whole file.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="metadata">Free text entries.</param>
    /// <param name="cancellation">Stops between two tensors.</param>
    public void WriteTo(Stream stream, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellation)
    {
        var ordered = SafetensorsWriter.InOrder(tensors.Values.Select(tensor => tensor.Entry));
        stream.Write(SafetensorsWriter.Header(ordered, metadata));
        var buffer = new byte[1 << 18];
        foreach (var entry in ordered)
        {
            cancellation.ThrowIfCancellationRequested();
            spool.Position = tensors[entry.Name].Start;
            for (long left = entry.ByteLength; left > 0;)
            {
                var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, left));
                spool.ReadExactly(piece);
                stream.Write(piece);
                left -= piece.Length;
            }
        }
    }

    public void Dispose() => spool.Dispose();
}
