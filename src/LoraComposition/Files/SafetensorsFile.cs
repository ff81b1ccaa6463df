using System.Collections.ObjectModel;
using Microsoft.Win32.SafeHandles;
using static TorchSharp.torch;

namespace LoraComposition.Files;

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
        Identity = new FileIdentity(path, target, length, File.GetLastWriteTimeUtc(handle));
        mapping = new MappedFile(target, length, Identity.WrittenUtc);
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

    /// <summary>What tells the file from one that replaces it.</summary>
    internal FileIdentity Identity { get; }

    /// <summary>Opens a file and checks its whole header before anything that the header asks for is allocated.</summary>
    /// <param name="path">The file. Links are followed.</param>
    /// <returns>The open file. The caller owns it.</returns>
    /// <exception cref="SafetensorsException">The file is missing, not a regular file, of another format, damaged, or holds a type that is not
    /// supported.</exception>
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
    /// <returns>The tensor on the CPU, <c>[…]</c> in the file's type and shape. The caller owns it; writing to it changes neither the file nor any other tensor
    /// read from it.</returns>
    /// <exception cref="SafetensorsException">The file holds no such tensor, or was shortened since it was opened.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="TorchBackendException">TorchSharp's native library does not load.</exception>
    public Tensor Read(string name)
    {
        var info = Find(name);
        return info.ByteLength == 0 ? empty([.. info.Shape], info.Dtype) : Map(info) ?? Copy(info, info.Dtype);
    }

    /// <summary>
    /// Reads one tensor in a type of choice. Another type than the file's is converted piece by piece from the file, so that besides the result hardly any
    /// memory is taken:
    /// not even the mapped pages.
    /// </summary>
    /// <inheritdoc cref="Read(string)"/>
    internal Tensor Read(string name, ScalarType dtype)
    {
        var info = Find(name);
        return info.Dtype == dtype ? Read(name) : Copy(info, dtype);
    }

    /// <summary>Reads some rows of a tensor, as a matrix with one row for each entry of its first dimension, into memory that is there.</summary>
    /// <param name="name">A key of <see cref="Tensors"/>, not a single number.</param>
    /// <param name="start">The first row.</param>
    /// <param name="rows">As many rows, <c>[count, …]</c>, contiguous on the CPU and of any type. They stay the caller's.</param>
    internal void ReadRows(string name, long start, Tensor rows)
    {
        var info = Find(name);
        long width = info.ByteLength / info.Shape[0];
        TensorBytes.ReadInto(rows, handle, info with { Shape = rows.shape, Offset = info.Offset + start * width, ByteLength = rows.shape[0] * width },
            (message, cause) => new SafetensorsException(Path, message, cause));
    }

    /// <summary>Copies some of the file's bytes as they are.</summary>
    /// <param name="start">The first byte.</param>
    /// <param name="count">How many bytes.</param>
    /// <param name="stream">Where to.</param>
    /// <param name="cancellation">Stops in between.</param>
    internal void CopyBytes(long start, long count, Stream stream, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(handle.IsClosed, this);
        var buffer = new byte[Math.Min(count, 1 << 20)];
        for (long end = start + count; start < end;)
        {
            cancellation.ThrowIfCancellationRequested();
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - start));
            RegularFile.ReadExactly(handle, piece, start, (message, cause) => new SafetensorsException(Path, message, cause));
            stream.Write(piece);
            start += piece.Length;
        }
    }

    /// <summary>Closes the file. Tensors read from it stay valid.</summary>
    public void Dispose()
    {
        lock (mapped) mapping.Dispose();
        handle.Dispose();
    }

    TensorInfo Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ObjectDisposedException.ThrowIf(handle.IsClosed, this);
        NativeLibraryCheck.EnsureLoads();
        if (!Tensors.TryGetValue(name, out var info)) throw new SafetensorsException(Path, $"the file holds no tensor '{name}'.");
        // A mapping past the end of the file would end the process at the first access.
        var now = RandomAccess.GetLength(handle);
        if (now < length)
            throw new SafetensorsException(Path, $"the file is {now} bytes long, expected {length}; it was shortened after it was opened, so fetch it again.");
        return info;
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

    Tensor Copy(TensorInfo info, ScalarType dtype) =>
        TensorBytes.Read(handle, info, dtype, (message, cause) => new SafetensorsException(Path, message, cause));
}

/// <summary>A safetensors file was refused. The message names the file, the tensor or byte, what was expected, what was found and what to do.</summary>
public sealed class SafetensorsException : ModelFileException
{
    /// <summary>Creates the exception for one file.</summary>
    /// <param name="path">The file that was refused.</param>
    /// <param name="message">What was expected and found, without the path.</param>
    /// <param name="inner">The cause, where there is one.</param>
    internal SafetensorsException(string path, string message, Exception? inner = null) : base(path, message, inner)
    {
    }
}

/// <summary>Recognises files of other formats that were renamed or saved as safetensors.</summary>
internal static class ForeignFormat
{
    const string Convert = "; load it with the Python library that wrote it and save it as safetensors.";

    /// <summary>Says what a file is by its first eight bytes, or null where they are not known.</summary>
    public static string? Explain(ReadOnlySpan<byte> prefix)
    {
        if (prefix.StartsWith("PK\x03\x04"u8)) return "expected safetensors, found a zip archive (torch.save writes such files)" + Convert;
        if (prefix[0] == 0x80 && prefix[1] is >= 2 and <= 5)
            return "expected safetensors, found a Python pickle, which is never read because it can run code" + Convert;
        if (prefix.StartsWith("GGUF"u8)) return "expected safetensors, found a GGUF file; use the original safetensors checkpoint.";
        if (prefix.SequenceEqual("version "u8)) return "expected safetensors, found a Git LFS pointer; run 'git lfs pull' to fetch the file itself.";
        if (prefix[0] == (byte)'<') return "expected safetensors, found a web page; the download failed, so fetch the file again.";
        return FileKind.Of(prefix) is { } kind ? $"expected safetensors, found {kind}; give a safetensors file." : null;
    }
}
