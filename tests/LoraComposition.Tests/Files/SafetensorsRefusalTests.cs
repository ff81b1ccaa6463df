using System.Text;
using LoraComposition.Files;
using LoraComposition.Fuzzing;
using static LoraComposition.Fuzzing.SafetensorsBytes;

namespace LoraComposition.Tests.Files;

public sealed class SafetensorsRefusalTests : IDisposable
{
    static readonly byte[] good = Make(Tensor("a"), 16);

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, byte[], string> Containers() => new()
    {
        { "1 empty", [], "*empty, or is not a regular file*" },
        { "2 under 8 bytes", [1, 2, 3], "*at least 8 bytes, found 3*" },
        { "3 no header", WithLength(0, new byte[8]), "*header length is 0*" },
        { "4 above the cap", WithLength(100_000_001, new byte[8]), "*header length is 100000001 bytes, expected at most 100000000*" },
        { "5 above 2^63", WithLength(1UL << 63, new byte[8]), "*header length is 9223372036854775808*" },
        { "6 beyond the file", WithLength(100, new byte[92]), "*header length is 100 bytes, but only 92 follow*" },
        { "7 header cut", good[..40], "*but only 32 follow; the file was cut short*" },
        { "8 data cut", good[..^1], "*tensor 'a'*the file holds only 15 bytes of data*" },
        { "9 trailing bytes", [.. good, 0], "*1 trailing bytes*" },
        { "11 zip", Encoding.Latin1.GetBytes("PK\u0003\u0004" + new string('x', 200)), "*zip archive*save it as safetensors*" },
        { "11 pickle", [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20], "*Python pickle*save it as safetensors*" },
        { "11 GGUF", [.. "GGUF"u8, 3, 0, 0, 0, 1, 0], "*GGUF*" },
        { "11 LFS", [.. "version https://git-lfs.github.com/spec/v1\n"u8], "*git lfs pull*" },
        { "11 web page", [.. "<!doctype html><title>404</title>"u8], "*web page*fetch the file again*" },
        { "12 invalid UTF-8", Make([.. "{\"a"u8, 0xff, .. "\":1}"u8], []), "*not valid UTF-8 at byte 11*" },
        { "12 surrogate as UTF-8", Make([.. "{\""u8, 0xed, 0xa0, 0x80, .. "\":1}"u8], []), "*not valid UTF-8*" },
        { "13 BOM", Make([0xef, 0xbb, 0xbf, .. "{}"u8], []), "*byte order mark*" },
    };

    public static TheoryData<string, string, string> Headers() => new()
    {
        { "12 lone surrogate", Tensor("\\ud800"), "*surrogate*" },
        { "14 malformed", "{\"a\"", "*not valid JSON*" },
        { "14 comment", "{/* */}", "*not valid JSON*" },
        { "14 trailing comma", "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]},}", "*not valid JSON*" },
        { "14 NaN", Tensor("a", "[NaN]"), "*not valid JSON*" },
        { "14 infinity", Tensor("a", "[Infinity]"), "*not valid JSON*" },
        { "14 single quotes", "{'a':1}", "*not valid JSON*" },
        { "14 padding of zeros", Tensor("a") + "\0", "*not valid JSON*" },
        { "14 raw control character", Tensor("a\u0007"), "*not valid JSON*" },
        { "14 leading zero", Tensor("a", "[04]"), "*not valid JSON*" },
        { "14 leading space", " {}", "*expected '{'*" },
        { "14 long word", "{\"a\":" + new string('n', 100_000), "*not valid JSON: 'nnnn*n…" },
        { "15 second value", Tensor("a") + "{}", "*after a single JSON value*" },
        { "16 root", "[]", "*expected '{' of a JSON object*" },
        { "17 nesting", "{\"a\":" + new string('[', 5000), "*'a': expected an object*" },
        { "17 nesting in an unknown field", "{\"a\":{\"x\":" + new string('[', 5000), "*depth*" },
        { "17 nesting in metadata", "{\"__metadata__\":{\"k\":" + new string('[', 5000), "*entry 'k': expected a string*" },
        { "18 duplicate", Tensors(Tensor("a"), Tensor("a")), "*'a' twice*" },
        { "18 escaped duplicate", Tensors(Tensor("a"), Tensor("\\u0061")), "*'a' twice*" },
        { "19 duplicate metadata", "{\"__metadata__\":{},\"__metadata__\":{}}", "*'__metadata__' twice*" },
        { "19 duplicate in metadata", "{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", "*'k' twice*" },
        { "20 duplicate field", "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", "*tensor 'a'*'dtype' twice*" },
        { "20 duplicate shape, escaped", "{\"a\":{\"shape\":[4],\"sh\\u0061pe\":[4]}}", "*tensor 'a' holds 'shape' twice*" },
        { "20 duplicate unknown field", "{\"a\":{\"\\u001b[2J\":1,\"\\u001b[2J\":2}}", "*tensor 'a' holds '\\u001b[2J' twice*" },
        { "21 metadata no object", "{\"__metadata__\":[]}", "*'__metadata__'*object of strings*" },
        { "21 metadata value", "{\"__metadata__\":{\"k\":1}}", "*entry 'k'*expected a string*" },
        { "21 metadata null", "{\"__metadata__\":{\"k\":null}}", "*entry 'k'*expected a string, found Null*" },
        { "21 metadata object", "{\"__metadata__\":{\"k\":{}}}", "*entry 'k'*expected a string, found StartObject*" },
        { "22 long name", Tensor(new string('n', 1025)), "*1025 characters long, expected at most 1024*" },
        { "22 many tensors", "{" + string.Join(",", Enumerable.Range(0, 100_001).Select(i => Tensor($"{i}", "[0]", "[0,0]")[1..^1])) + "}", "*more than 100000 tensors*" },
        { "23 no dtype", "{\"a\":{\"shape\":[4],\"data_offsets\":[0,16]}}", "*tensor 'a' has no dtype*" },
        { "23 no shape", "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,16]}}", "*tensor 'a' has no shape*" },
        { "23 no offsets", "{\"a\":{\"dtype\":\"F32\",\"shape\":[4]}}", "*tensor 'a' has no data_offsets*" },
        { "23 no object", "{\"a\":3}", "*tensor 'a': expected an object*" },
        { "24 unknown dtype", Tensor("a", dtype: "F33"), "*unknown dtype 'F33'*" },
        { "24 lower case", Tensor("a", dtype: "f32"), "*tensor 'a'*unknown dtype 'f32'*" },
        { "24 long dtype", Tensor("a", dtype: new string('F', 5000)), $"*unknown dtype '{new string('F', 80)}…'*" },
        { "24 dtype no string", "{\"a\":{\"dtype\":1}}", "*dtype: expected a string*" },
        { "25 unsupported dtype", Tensor("a", dtype: "F8_E4M3"), "*tensor 'a' has dtype F8_E4M3, which is known but not supported*" },
        { "25 complex", Tensor("a", dtype: "C64"), "*tensor 'a' has dtype C64, which is known but not supported*" },
        { "25 unsigned", Tensor("a", dtype: "U32"), "*tensor 'a' has dtype U32, which is known but not supported*" },
        { "26 shape no array", Tensor("a", "4"), "*shape: expected an array*" },
        { "26 null", Tensor("a", "null"), "*tensor 'a', shape: expected an array of integers, found Null*" },
        { "26 nested", Tensor("a", "[[4]]"), "*tensor 'a', shape: expected a plain integer*found StartArray*" },
        { "26 negative", Tensor("a", "[-4]"), "*shape: expected a plain integer*" },
        { "26 negative zero", Tensor("a", "[-0]"), "*shape: expected a plain integer*" },
        { "26 fraction", Tensor("a", "[4.0]"), "*shape: expected a plain integer*" },
        { "26 exponent", Tensor("a", "[4e0]"), "*shape: expected a plain integer*" },
        { "26 text", Tensor("a", "[\"4\"]"), "*shape: expected a plain integer*" },
        { "26 too many dimensions", Tensor("a", $"[4{string.Concat(Enumerable.Repeat(",1", 64))}]"), "*more than 64 numbers*" },
        { "27 above 2^63", Tensor("a", "[9223372036854775808]"), "*shape: a number is above 9223372036854775807*" },
        { "28 product", Tensor("a", "[4294967296,4294967296]"), "*[4294967296, 4294967296], whose size overflows*" },
        { "28 product to zero", Tensor("a", "[4611686018427387904,4]"), "*tensor 'a'*overflows*" },
        { "28 zero and 2^63", Tensor("a", "[0,9223372036854775808]"), "*above 9223372036854775807*" },
        { "28 zero and a product", Tensor("a", "[0,4294967296,4294967296]", "[0,0]"), "*tensor 'a'*overflows*" },
        { "29 bytes", Tensor("a", "[4611686018427387904]"), "*tensor 'a'*overflows*" },
        { "30 one offset", Tensor("a", offsets: "[0]"), "*1 data_offsets, expected [begin, end]*" },
        { "30 three offsets", Tensor("a", offsets: "[0,8,16]"), "*data_offsets: more than 2*" },
        { "30 text offsets", Tensor("a", offsets: "[0,\"16\"]"), "*data_offsets: expected a plain integer*" },
        { "30 negative offset", Tensor("a", offsets: "[-1,15]"), "*tensor 'a', data_offsets: expected a plain integer*" },
        { "30 fraction", Tensor("a", offsets: "[0,16.0]"), "*tensor 'a', data_offsets: expected a plain integer*" },
        { "30 above 2^63", Tensor("a", offsets: "[0,18446744073709551616]"), "*tensor 'a', data_offsets: a number is above*" },
        { "30 no array", Tensor("a", offsets: "16"), "*data_offsets: expected an array*" },
        { "31 reversed", Tensor("a", offsets: "[16,0]"), "*[16, 0], expected begin not above end*" },
        { "31 reversed past 2^62", Tensor("a", offsets: "[9223372036854775807,0]"), "*tensor 'a'*expected begin not above end*" },
        { "32 past 2^62", Tensor("a", "[1152921504606846976]", "[0,4611686018427387904]"), "*tensor 'a'*the file holds only 16 bytes*" },
        { "32 past the data", Tensor("a", "[8]", "[0,32]"), "*[0, 32], but the file holds only 16 bytes*" },
        { "33 size", Tensor("a", "[3]"), "*16 bytes, but Float32 [3] takes 12*" },
        { "34 overlap", Tensors(Tensor("a", "[2]", "[0,8]"), Tensor("b", "[3]", "[4,16]")), "*'b'*overlaps tensor 'a', which ends at 8*" },
        { "34 same bytes", Tensors(Tensor("a"), Tensor("b")), "*'b'*overlaps tensor 'a'*" },
        { "35 hole", Tensors(Tensor("a", "[1]", "[0,4]"), Tensor("b", "[2]", "[8,16]")), "*'b'*hole after tensor 'a', expected begin 4*" },
        { "35 hole at the start", Tensor("a", "[3]", "[4,16]"), "*hole after the data's start*" },
        { "36 control character", Tensor("a\\u0007"), "*control character U+0007*" },
        { "36 delete", Tensor("a\u007f"), "*control character U+007F*" },
        { "36 zero", Tensor("\\u0000"), "*control character U+0000*" },
        { "36 above ASCII", Tensor("a\\u0085"), "*control character U+0085*" },
        { "37 empty name", Tensor(""), "*name is empty*" },
    };

    [Theory]
    [MemberData(nameof(Containers), DisableDiscoveryEnumeration = true)]
    public void Refuses_a_damaged_container(string item, byte[] file, string message) => Refuses(item, file, message);

    [Theory]
    [MemberData(nameof(Headers), DisableDiscoveryEnumeration = true)]
    public void Refuses_a_bad_header(string item, string header, string message) => Refuses(item, Make(header, 16), message);

    [Fact]
    public void Refuses_what_is_no_file()
    {
        Opening(folder.File("missing")).Should().Throw<SafetensorsException>().WithMessage("*does not exist*");
        Opening(Path.Combine(folder.Write("file", good), "inner")).Should().Throw<SafetensorsException>().WithMessage("*does not exist*");
        Opening(folder.Path).Should().Throw<SafetensorsException>().WithMessage("*found a directory*");
    }

    [Fact]
    public void Refuses_links_that_lead_nowhere()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        File.CreateSymbolicLink(folder.File("dangling"), "missing");
        File.CreateSymbolicLink(folder.File("round"), "round");
        File.CreateSymbolicLink(folder.File("folder"), folder.Path);
        Opening(folder.File("dangling")).Should().Throw<SafetensorsException>().WithMessage("*dangling: the file does not exist*");
        Opening(folder.File("round")).Should().Throw<SafetensorsException>().WithMessage("*round: the file*");
        Opening(folder.File("folder")).Should().Throw<SafetensorsException>().WithMessage("*found a directory*");
    }

    [Fact]
    public void Refuses_a_file_without_permission()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess) return; // Nothing is forbidden there.
        var path = folder.Write("secret", good);
        File.SetUnixFileMode(path, UnixFileMode.None);
        Opening(path).Should().Throw<SafetensorsException>().WithMessage("*secret: the file cannot be opened*");
    }

    [Fact]
    public void Refuses_devices_without_reading_them()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no such device elsewhere.");
        Opening("/dev/zero").Should().Throw<SafetensorsException>().WithMessage("*not a regular file*");
    }

    [Fact]
    public async Task A_pipe_without_a_writer_does_not_block()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Pipes have no name elsewhere.");
        using (var make = System.Diagnostics.Process.Start("mkfifo", [folder.File("pipe")])) await make.WaitForExitAsync();
        var refusal = Task.Run(() => Opening(folder.File("pipe")).Should().Throw<SafetensorsException>().WithMessage("*not a regular file*"));
        await refusal.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Every_cut_and_every_changed_byte_of_the_header_is_refused_or_read()
    {
        var file = Make(Tensors(Tensor("a", "[2,1]", "[0,8]"), Tensor("b", "[]", "[8,16]", "I64"), "{\"__metadata__\":{\"k\":\"v\"}}"), 16);
        var wrong = new List<string>();
        for (var i = 0; i < file.Length; i++)
        {
            Try(file[..i], $"cut at {i}");
            foreach (var value in (byte[])[0, 0xff, (byte)'"', (byte)'{', (byte)'9', (byte)(file[i] ^ 1)])
            {
                var changed = (byte[])file.Clone();
                changed[i] = value;
                Try(changed, $"byte {i} = {value}");
            }
        }
        wrong.Should().BeEmpty();

        void Try(byte[] bytes, string what)
        {
            try
            {
                using var opened = SafetensorsFile.Open(folder.Write("changed", bytes));
                foreach (var name in opened.Tensors.Keys) opened.Read(name).Dispose();
            }
            catch (ModelFileException)
            {
            }
            catch (Exception e)
            {
                wrong.Add($"{what}: {e}");
            }
        }
    }

    void Refuses(string item, byte[] file, string message)
    {
        var path = folder.Write("file.safetensors", file);
        Opening(path).Should().Throw<SafetensorsException>(item).WithMessage(message).Which.Message.Should().StartWith(path);
    }

    static Action Opening(string path) => () => SafetensorsFile.Open(path).Dispose();
}
