using System.Text;
using LoraComposition.Files;

namespace LoraComposition.Tests.Files;

public sealed class JsonFileTests : IDisposable
{
    const int MaxLength = 20_000;

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, byte[], string> Files() => new()
    {
        { "empty", [], "*empty*" },
        { "long", Encoding.UTF8.GetBytes("{}".PadRight(MaxLength + 1)), "*20001 bytes long, expected at most 20000*" },
        { "BOM", [0xef, 0xbb, 0xbf, .. "{}"u8], "*byte order mark*" },
        { "UTF-16", [0xff, 0xfe, (byte)'{', 0, (byte)'}', 0], "*not valid UTF-8 at byte 0*" },
        { "invalid UTF-8", [.. "{\"a"u8, 0xff, .. "\":1}"u8], "*not valid UTF-8 at byte 3*" },
        { "surrogate as UTF-8", [.. "{\""u8, 0xed, 0xa0, 0x80, .. "\":1}"u8], "*not valid UTF-8*" },
        { "half a pair in a value", [.. "{\"a\":[{\"b\":\"\\ud83d\"}]}"u8], "*half of a surrogate pair*" },
        { "half a pair in a name", [.. "{\"a\":{\"\\udc00\":1}}"u8], "*half of a surrogate pair*" },
        { "nesting", Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 5000) + new string(']', 5000) + "}"), "*depth*" },
        { "duplicate", [.. "{\"a\":1,\"a\":2}"u8], "*not valid JSON*" },
        { "escaped duplicate within", [.. "{\"x\":[{\"a\":1,\"\\u0061\":2}]}"u8], "*not valid JSON*" },
        { "comment", [.. "{/* */}"u8], "*not valid JSON*" },
        { "trailing comma", [.. "{\"a\":1,}"u8], "*not valid JSON*" },
        { "NaN", [.. "{\"a\":NaN}"u8], "*not valid JSON*" },
        { "second value", [.. "{}{}"u8], "*not valid JSON*" },
        { "cut", [.. "{\"a\":"u8], "*not valid JSON*" },
        { "array", [.. "[]"u8], "*expected a JSON object, found Array*" },
    };

    [Theory]
    [MemberData(nameof(Files), DisableDiscoveryEnumeration = true)]
    public void Refuses_what_readers_could_see_differently(string what, byte[] content, string message)
    {
        string path = folder.Write("file.json", content);
        Reading(path).Should().Throw<ModelFileException>(what).WithMessage(message).Which.Message.Should().StartWith(path);
    }

    [Fact]
    public void Refuses_what_is_no_file()
    {
        Reading(folder.File("missing")).Should().Throw<ModelFileException>().WithMessage("*does not exist*");
        Reading(folder.Path).Should().Throw<ModelFileException>().WithMessage("*found a directory*");
    }

    [Fact]
    public void Reads_whole_pairs_and_the_longest_file()
    {
        using var document = JsonFile.Read(folder.Write("file.json", Encoding.UTF8.GetBytes("{\"\\u00e9\":\"\\ud83d\\ude00\"}".PadRight(MaxLength))), MaxLength, Refusal("file.json"));
        document.RootElement.GetProperty("é").GetString().Should().Be("😀");
    }

    static Action Reading(string path) => () => JsonFile.Read(path, MaxLength, Refusal(path)).Dispose();

    static Func<string, Exception?, ModelFileException> Refusal(string path) => (message, cause) => new ModelFileException(path, message, cause);
}
