namespace LoraComposition.Experiments;

/// <summary>A file of which some parts are in memory. Reading anywhere else is damage: only the parts were checked.</summary>
/// <param name="length">The length of the whole file.</param>
/// <param name="parts">Where each part begins, and its bytes.</param>
internal sealed class PartialFileStream(long length, params IReadOnlyList<(long Start, ReadOnlyMemory<byte> Bytes)> parts) : Stream
{
    long position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get => position; set => position = value; }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        foreach (var (start, bytes) in parts)
        {
            if (position < start || position >= start + bytes.Length) continue;
            var from = bytes.Span[(int)(position - start)..];
            int count = Math.Min(from.Length, buffer.Length);
            from[..count].CopyTo(buffer);
            position += count;
            return count;
        }
        throw new InvalidDataException($"the metadata points to byte {position}, where nothing was expected");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer, offset, count));

    public override long Seek(long offset, SeekOrigin origin) => position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => position + offset,
        _ => length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
