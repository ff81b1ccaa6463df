using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraComposition.Experiments.Tests.Results;

public class ConfigurationHashTests
{
    sealed record Options(double LearningRate, int Epochs, DayOfWeek Day, string? Note);

    static string Hash(string json) => ConfigurationHash.Of(JsonNode.Parse(json)!);

    [Fact]
    public void It_is_the_hash_of_the_canonical_json()
    {
        const string canonical = """{"a":[1,0.1,null,true],"b":{"c":"x","d":-2}}""";
        string expected = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)));

        Hash("""{ "b": { "d": -2.0, "c": "x" }, "a": [ 1e0, 0.10, null, true ] }""").Should().Be(expected);
    }

    [Theory]
    [InlineData("""{"a":1}""", """{"a":2}""")]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""")]
    [InlineData("""{"a":"1"}""", """{"a":1}""")]
    [InlineData("""{"a":null}""", """{}""")]
    [InlineData("""{"a":9007199254740993}""", """{"a":9007199254740992}""")]
    [InlineData("""{"a":0.1}""", """{"a":0.10000000000000002}""")]
    public void Other_values_have_other_hashes(string one, string other) => Hash(one).Should().NotBe(Hash(other));

    [Fact]
    public void An_object_has_the_hash_of_its_json()
    {
        var options = new Options(0.001, 50, DayOfWeek.Friday, null);

        ConfigurationHash.Of(options).Should().Be(Hash("""{"note":null,"day":"friday","epochs":50,"learningRate":0.001}"""));
        ConfigurationHash.Of(ConfigurationHash.ToJson(options)).Should().Be(ConfigurationHash.Of(options));
        ConfigurationHash.ToJson(options).ValueKind.Should().Be(JsonValueKind.Object);
    }
}
