using System.Collections.ObjectModel;
using Microsoft.Win32.SafeHandles;
using static TorchSharp.torch;

namespace LoraComposition.Serialization;

/// <summary>
/// An open safetensors file. Opening reads and checks the header only; each tensor is mapped into memory when it is read, so that only the pages that are used take
/// memory, or copied where its bytes are not aligned to its type.
/// </summary>
/// <remarks>
/// Tensors outlive this object. A mapped tensor reads the file when it is first used: no program may shorten the file in place while such tensors live
/// (replacing the file whole, as <see cref="AtomicFile"/> does, is safe). Safe to use from several threads, except while being disposed.
/// </remarks>
public sealed class SafetensorsFile : IDisposable
{
    readonly SafeFileHandle handle;
    readonly long length;
    readonly MappedFile mapping;
    readonly HashSet<string> mapped = new(StringComparer.Ordinal);

    SafetensorsFile(string path, SafeFileHandle handle, string target, long length, SafetensorsHeader header)
    {
        (Path, this.handle, this.length) = (path, handle, length);
        mapping = new MappedFile(target, length, File.GetLastWriteTimeUtc(handle));
        var tensors = new OrderedDictionary<string, TensorInfo>(header.Tensors.Count, StringComparer.Ordinal);
        foreach (var tensor in header.Tensors) tensors.Add(tensor.Name, tensor);
        Tensors = new ReadOnlyDictionary<string, TensorInfo>(tensors);
        Metadata = new ReadOnlyDictionary<string, string>(header.Metadata.ToDictionary(StringComparer.Ordinal));
    }

    /// <summary>The path the file was opened by.</summary>
    public string Path { get; }

    /// <summary>The file's tensors by name, in the order of their bytes.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>The file's free text entries; empty where it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its whole header before anything that the header asks for is allocated.</summary>
    /// <param name="path">The file. Links are followed.</param>
    /// <returns>The open file. The caller owns it.</returns>
    /// <exception cref="SafetensorsException">The file is missing, not a regular file, of another format, damaged, or holds a type that is not supported.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var (handle, target) = RegularFile.Open(path, (message, cause) => new SafetensorsException(path, message, cause));
        try
        {
            var length = RandomAccess.GetLength(handle);
            return new SafetensorsFile(path, handle, target, length, SafetensorsHeader.Read(handle, length, path));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads one tensor.</summary>
    /// <param name="name">A key of <see cref="Tensors"/>.</param>
    /// <returns>The tensor on the CPU, in the file's type and shape. The caller owns it; writing to it changes neither the file nor any other tensor read from it.</returns>
    /// <exception cref="SafetensorsException">The file holds no such tensor, or was shortened since it was opened.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public Tensor Read(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ObjectDisposedException.ThrowIf(handle.IsClosed, this);
        if (!Tensors.TryGetValue(name, out var info)) throw new SafetensorsException(Path, $"the file holds no tensor '{name}'.");
        if (info.ByteLength == 0) return empty([.. info.Shape], info.Dtype);

        // A mapping past the end of the file would end the process at the first access.
        var now = RandomAccess.GetLength(handle);
        if (now < length) throw new SafetensorsException(Path, $"the file is {now} bytes long, expected {length}; it was shortened after it was opened, so fetch it again.");
        return Map(info) ?? Copy(info);
    }

    /// <summary>Closes the file. Tensors read from it stay valid.</summary>
    public void Dispose()
    {
        lock (mapped) mapping.Dispose();
        handle.Dispose();
    }

    Tensor? Map(TensorInfo info)
    {
        if (info.Offset % SafetensorsDtype.Size(info.Dtype) != 0) return null;
        lock (mapped)
        {
            // A second view of the same pages would see what the first caller writes.
            if (mapped.Contains(info.Name)) return null;
            var tensor = mapping.View(info);
            if (tensor is not null) mapped.Add(info.Name);
            return tensor;
        }
    }

    Tensor Copy(TensorInfo info)
    {
        const int ChunkElements = 1 << 26;
        var tensor = empty([.. info.Shape], info.Dtype);
        try
        {
            using var flat = tensor.view(-1);
            var size = SafetensorsDtype.Size(info.Dtype);
            var count = info.ByteLength / size;
            // The bytes of a tensor are exposed as a span, which cannot be longer than 2 GiB.
            for (long start = 0; start < count; start += ChunkElements)
            {
                using var chunk = flat.narrow(0, start, Math.Min(ChunkElements, count - start));
                RegularFile.ReadExactly(handle, chunk.bytes, info.Offset + start * size, (message, cause) => new SafetensorsException(Path, message, cause));
            }
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }
}
