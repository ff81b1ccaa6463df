namespace LoraComposition.Tests.Files;

/// <summary>Passes writes on until the disk is full: the last one is passed on by half.</summary>
internal sealed class FullDiskStream(Stream inner, int writesLeft) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => inner.Length;

    public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (writesLeft-- > 0)
        {
            inner.Write(buffer);
            return;
        }
        inner.Write(buffer[..(buffer.Length / 2)]);
        inner.Flush();
        throw new IOException("No space left on device.");
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
