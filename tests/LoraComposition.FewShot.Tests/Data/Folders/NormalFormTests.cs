using System.Security.Cryptography;
using System.Text;

namespace LoraComposition.FewShot.Tests.Data.Folders;

public sealed class NormalFormTests
{
    [Theory]
    [InlineData("plain name.png", "plain name.png")]
    [InlineData("e\u0301te\u0301", "\u00E9t\u00E9")]
    [InlineData("e\u0323\u0302", "\u1EC7")]
    [InlineData("e\u0302\u0323", "\u1EC7")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u0301e", "\u0301e")]
    [InlineData("half \uD83D", "half \uD83D")]
    public void ComposesAsUnicodeSays(string name, string expected) => NormalForm.Of(name).Should().Be(expected);

    [Fact]
    public void AgreesOnEveryCharacterAloneAndUnderTwoMarks()
    {
        // The hash is that of Python's unicodedata 14.0.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int point = 0; point < 0x30000; point++)
        {
            if (point is >= 0xD800 and < 0xE000) continue;
            string text = char.ConvertFromUtf32(point);
            hash.AppendData(Encoding.UTF8.GetBytes(NormalForm.Of(text) + "\n" + NormalForm.Of(text + "\u0301\u0323") + "\n"));
        }
        Convert.ToHexStringLower(hash.GetHashAndReset()).Should().Be("84c842f3c7f50fdeed3eae92ce9a83bd5e6dd25f73db5ecd04a33cd12bc4be0f");
    }
}
