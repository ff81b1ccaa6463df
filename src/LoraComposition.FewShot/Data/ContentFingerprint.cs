using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace LoraComposition.FewShot;

/// <summary>Collects what identifies a data set into one SHA-256 hash. Every part carries its length, so that no two lists of parts read alike.</summary>
internal sealed class ContentFingerprint : IDisposable
{
    readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public ContentFingerprint Add(string part)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(part);
        Add(bytes.LongLength);
        hash.AppendData(bytes);
        return this;
    }

    public ContentFingerprint Add(long part)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, part);
        hash.AppendData(bytes);
        return this;
    }

    public ContentFingerprint Add(IReadOnlyList<int> parts)
    {
        Add((long)parts.Count);
        foreach (int part in parts) Add((long)part);
        return this;
    }

    public string ToHex() => Convert.ToHexStringLower(hash.GetCurrentHash());

    public void Dispose() => hash.Dispose();
}
