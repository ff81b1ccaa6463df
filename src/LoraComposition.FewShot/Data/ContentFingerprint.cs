using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace LoraComposition.FewShot;

/// <summary>Collects what identifies a data set into one SHA-256 hash. Every part carries its length, so that no two lists of parts read alike.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ContentFingerprint : IDisposable
{
    readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Adds a text.</summary>
    /// <param name="part">The text.</param>
    /// <returns>This object, still owned by the caller.</returns>
    public ContentFingerprint Add(string part)
    {
        ArgumentNullException.ThrowIfNull(part);
        byte[] bytes = Encoding.UTF8.GetBytes(part);
        Add(bytes.LongLength);
        hash.AppendData(bytes);
        return this;
    }

    /// <summary>Adds a number.</summary>
    /// <param name="part">The number.</param>
    /// <returns>This object, still owned by the caller.</returns>
    public ContentFingerprint Add(long part)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, part);
        hash.AppendData(bytes);
        return this;
    }

    /// <summary>Adds numbers and how many they are.</summary>
    /// <param name="parts">The numbers.</param>
    /// <returns>This object, still owned by the caller.</returns>
    public ContentFingerprint Add(IReadOnlyList<int> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        Add((long)parts.Count);
        foreach (int part in parts) Add((long)part);
        return this;
    }

    /// <summary>The hash of what was added so far.</summary>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public string ToHex() => Convert.ToHexStringLower(hash.GetCurrentHash());

    /// <inheritdoc/>
    public void Dispose() => hash.Dispose();
}
