using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Files;

/// <summary>Writes safetensors files. The same tensors and metadata give the same bytes.</summary>
public static class SafetensorsWriter
{
    static readonly UTF8Encoding strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes tensors to a file, which is replaced whole or not at all.</summary>
    /// <param name="path">The file. Its folder must exist.</param>
    /// <param name="tensors">The tensors by name, <c>[…]</c> of any shape, on any device and of any layout in memory. They stay the caller's.</param>
    /// <param name="metadata">Free text entries; none where not given.</param>
    /// <param name="progress">Is told how many tensors are written.</param>
    /// <param name="cancellation">Stops between two tensors; the file is then as it was.</param>
    /// <exception cref="ArgumentException">
    /// A name is empty, too long, reserved or holds control characters, a tensor is on the meta device or of a type that cannot be written, or there are more
    /// than 100,000 tensors.
    /// </exception>
    /// <exception cref="IOException">The folder is missing or cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null,
        IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        long written = 0;
        Write(path, tensors, metadata, null, progress is null ? null : () => progress.Report(new(++written, tensors.Count)), cancellation);
    }

    /// <summary>
    /// Writes tensors in types of choice, those without one in their own. They are converted piece by piece on their way to the file, so that no converted copy
    /// is held.
    /// </summary>
    internal static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata,
        IReadOnlyDictionary<string, ScalarType>? dtypes, Action? wrote = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, stream => Write(stream, tensors, metadata, dtypes, wrote, cancellation));
    }

    /// <summary>Writes the file's bytes to a stream, after everything was checked.</summary>
    internal static void Write(Stream stream, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata,
        IReadOnlyDictionary<string, ScalarType>? dtypes = null, Action? wrote = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        foreach (var (name, tensor) in tensors) Check(name, tensor);
        var ordered = InOrder(tensors.Select(pair =>
            new SafetensorsEntry(pair.Key, dtypes is not null && dtypes.TryGetValue(pair.Key, out var asked) ? asked : pair.Value.dtype, pair.Value.shape, 0, 0)));
        stream.Write(Header(ordered, metadata));
        foreach (var entry in ordered)
        {
            cancellation.ThrowIfCancellationRequested();
            WriteData(stream, tensors[entry.Name], entry.Dtype);
            wrote?.Invoke();
        }
    }

    /// <summary>The order of the tensors in a file: wide types first, so that every tensor is aligned to its type.</summary>
    internal static IReadOnlyList<SafetensorsEntry> InOrder(IEnumerable<SafetensorsEntry> entries) =>
        [.. entries.OrderByDescending(entry => SafetensorsDtype.Size(entry.Dtype)).ThenBy(entry => entry.Name, StringComparer.Ordinal)];

    /// <summary>Refuses what cannot be written.</summary>
    /// <exception cref="ArgumentException">The name or the tensor is not one for a file.</exception>
    internal static void Check(string name, Tensor tensor)
    {
        if (name == SafetensorsHeader.MetadataName) throw new ArgumentException($"'{name}' is reserved by the format and cannot name a tensor.", nameof(name));
        if (SafetensorsName.Problem(name) is { } problem) throw new ArgumentException($"The tensor name '{name}' {problem}.", nameof(name));
        CheckText(name);
        if (tensor is null) throw new ArgumentException($"Tensor '{name}' is null.", nameof(tensor));
        if (!SafetensorsDtype.TryGetName(tensor.dtype, out _))
            throw new ArgumentException($"Tensor '{name}' is {tensor.dtype}, expected {SafetensorsDtype.Supported}; convert it first.", nameof(tensor));
        if (tensor.device_type == DeviceType.META) throw new ArgumentException($"Tensor '{name}' is on the meta device and holds no numbers.", nameof(tensor));
    }

    static void CheckText(params ReadOnlySpan<string> texts)
    {
        foreach (var text in texts)
        {
            try
            {
                strictUtf8.GetByteCount(text);
            }
            catch (EncoderFallbackException e)
            {
                throw new ArgumentException($"'{text}' holds half of a surrogate pair and cannot be written as UTF-8.", nameof(texts), e);
            }
        }
    }

    /// <summary>The file's header with its length in front.</summary>
    /// <param name="ordered">The tensors in the order of their bytes; their offsets are made here.</param>
    /// <param name="metadata">Free text entries; none where null.</param>
    /// <exception cref="ArgumentException">There are too many tensors, or a text is none.</exception>
    internal static byte[] Header(IReadOnlyList<SafetensorsEntry> ordered, IReadOnlyDictionary<string, string>? metadata)
    {
        if (ordered.Count > SafetensorsHeader.MaxTensors)
            throw new ArgumentException($"Found {ordered.Count} tensors, expected at most {SafetensorsHeader.MaxTensors}.", nameof(ordered));
        foreach (var (key, text) in metadata ?? new Dictionary<string, string>()) CheckText(key, text);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(SafetensorsHeader.MetadataName);
                foreach (var (key, text) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) json.WriteString(key, text);
                json.WriteEndObject();
            }
            var position = 0L;
            foreach (var entry in ordered)
            {
                SafetensorsDtype.TryGetName(entry.Dtype, out var spelling);
                var end = position + entry.ByteLength;
                json.WriteStartObject(entry.Name);
                json.WriteString("dtype", spelling);
                WriteIntegers(json, "shape", entry.Shape);
                WriteIntegers(json, "data_offsets", position, end);
                json.WriteEndObject();
                position = end;
            }
            json.WriteEndObject();
        }
        var padded = (buffer.WrittenCount + 7) / 8 * 8;
        var header = new byte[SafetensorsHeader.PrefixLength + padded];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)padded);
        header.AsSpan(SafetensorsHeader.PrefixLength).Fill((byte)' ');
        buffer.WrittenSpan.CopyTo(header.AsSpan(SafetensorsHeader.PrefixLength));
        return header;
    }

    static void WriteIntegers(Utf8JsonWriter json, string field, params ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(field);
        foreach (var number in numbers) json.WriteNumberValue(number);
        json.WriteEndArray();
    }

    /// <summary>Writes a tensor's bytes in a type, piece by piece.</summary>
    internal static void WriteData(Stream stream, Tensor tensor, ScalarType dtype)
    {
        // The bytes of a tensor are exposed as a span, which cannot be longer than 2 GiB; pieces to convert stay small.
        int most = tensor.dtype == dtype ? 1 << 26 : 1 << 16;
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var flat = tensor.cpu().contiguous().view(-1);
        for (long start = 0; start < flat.numel(); start += most)
        {
            using var piece = flat.narrow(0, start, Math.Min(most, flat.numel() - start));
            using var converted = piece.to(dtype);
            stream.Write(converted.bytes);
        }
    }
}
