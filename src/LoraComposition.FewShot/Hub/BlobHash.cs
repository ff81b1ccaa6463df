using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LoraComposition.FewShot;

/// <summary>The hash that the hub names a file by: SHA-256 of a large one, and of a small one git's SHA-1, which hashes its length before it.</summary>
sealed class BlobHash : IDisposable
{
    readonly IncrementalHash hash;

    public BlobHash(string expected, long size)
    {
        bool isGit = expected.Length == 2 * SHA1.HashSizeInBytes;
        hash = IncrementalHash.CreateHash(isGit ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256);
        if (isGit) hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {size}\0")));
    }

    /// <summary>Whether an <c>ETag</c> is such a hash.</summary>
    public static bool Is(string text) => text.Length is 2 * SHA1.HashSizeInBytes or 2 * SHA256.HashSizeInBytes && text.All(char.IsAsciiHexDigitLower);

    public void Add(ReadOnlySpan<byte> data) => hash.AppendData(data);

    public string End() => Convert.ToHexStringLower(hash.GetHashAndReset());

    public void Dispose() => hash.Dispose();
}
