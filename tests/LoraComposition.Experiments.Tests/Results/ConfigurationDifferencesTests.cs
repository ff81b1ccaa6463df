using System.Text.Json;

namespace LoraComposition.Experiments.Tests.Results;

public class ConfigurationDifferencesTests
{
    static IReadOnlyList<string> Between(object there, object now) => ConfigurationDifferences.Of(JsonSerializer.SerializeToElement(there), JsonSerializer.SerializeToElement(now));

    [Fact]
    public void EachSettingIsNamedWithBothValues() =>
        Between(new { dtype = "Float32", seed = 1, options = new { training = new { steps = 60 }, lora = new { rank = 16, alpha = (double?)null } } },
            new { dtype = "BFloat16", seed = 1.0, options = new { training = new { steps = 40 }, lora = new { rank = 16.0, alpha = 8.0 } } })
            .Should().Equal("dtype: Float32 there, BFloat16 now", "training.steps: 60 there, 40 now", "lora.alpha: none there, 8 now");

    [Fact]
    public void ChangedDataIsSaidAsSuchAndWhatFollowsFromItIsNot() =>
        Between(new { task = "pets", train = "aa", test = "bb", pool = "cc", validation = "dd" }, new { task = "pets", train = "ab", test = "bc", pool = "cd", validation = "de" })
            .Should().Equal("the data to learn from has changed since", "the data to test on has changed since");

    [Fact]
    public void AnotherTaskIsOtherData() =>
        Between(new { task = new { name = "pets", train = "aa" } }, new { task = new { name = "birds", train = "ab" } })
            .Should().Equal("the data to learn from is other data", "task.name: pets there, birds now");

    [Fact]
    public void OtherSamplesHeldOutAreSaidWhereTheDataIsTheSame() =>
        Between(new { train = "aa", pool = "cc", validation = "dd" }, new { train = "aa", pool = "cd", validation = "de" }).Should().Equal("other samples are held out for validation");

    [Fact]
    public void ModulesAreListedTogether() =>
        Between(new { modules = new { a = "1", b = "2", c = "3", d = "4" } }, new { modules = new { a = "1", b = "x", c = "y", e = "5" } })
            .Should().BeEquivalentTo("modules trained otherwise (other data, settings or base model): b, c", "modules only there: d", "modules only now: e");

    [Fact]
    public void AtMostEightAreListed()
    {
        var lines = Between(Enumerable.Range(0, 11).ToDictionary(i => $"s{i}", _ => 1), Enumerable.Range(0, 11).ToDictionary(i => $"s{i}", _ => 2));

        lines.Should().HaveCount(9);
        lines[^1].Should().Be("and 3 more");
    }

    [Fact]
    public void EqualConfigurationsHaveNone() => Between(new { a = 1, b = new[] { 1, 2 } }, new { b = new[] { 1.0, 2.0 }, a = 1 }).Should().BeEmpty();

    [Fact]
    public void LongAndHostileValuesAreShort() =>
        Between(new { name = new string('x', 500) }, new { name = "a\u001b[31m" }).Should().ContainSingle().Which.Should().Be($"name: {new string('x', 60)}… there, a\\u001b[31m now");
}
