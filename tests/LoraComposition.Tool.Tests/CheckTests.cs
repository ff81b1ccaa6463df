using System.Text.Json;

namespace LoraComposition.Tool.Tests;

public sealed class CheckTests
{
    [Fact]
    public async Task AdaptersThatFitAreComparedInEitherSpelling()
    {
        var (code, text, errors) = await CommandLine.RunAsync("check", "--json", "--base", Reference.Base, "--adapter", Reference.Adapter("vit-a"), "--adapter", Reference.Adapter("vit-a-v4names"), Reference.Adapter("vit-b"));

        (code, errors).Should().BeEquivalentTo((0, Array.Empty<string>()));
        var report = JsonDocument.Parse(text).RootElement;
        report.GetProperty("adapters").EnumerateArray().Should().HaveCount(3).And.OnlyContain(adapter => adapter.GetProperty("fits").GetBoolean() && adapter.GetProperty("matched").GetArrayLength() == 6);
        var pairs = report.GetProperty("pairs").EnumerateArray().Select(pair => pair.GetProperty("cosine").GetDouble()).ToArray();
        pairs.Should().HaveCount(3);
        pairs[0].Should().BeApproximately(1, 1e-9);
        Math.Abs(pairs[1]).Should().BeLessThan(0.5);
        pairs[2].Should().BeApproximately(pairs[1], 1e-9);
    }

    [Fact]
    public async Task AdaptersOfAT5AreMatchedAndCompared()
    {
        var (code, text, errors) = await CommandLine.RunAsync("check", "--json", "--base", Reference.T5Base, "--adapter", Reference.Adapter("t5-a"), Reference.Adapter("t5-b"), Reference.Adapter("t5-qkv"));

        (code, errors).Should().BeEquivalentTo((0, Array.Empty<string>()));
        var report = JsonDocument.Parse(text).RootElement;
        report.GetProperty("adapters").EnumerateArray().Select(adapter => adapter.GetProperty("matched").GetArrayLength()).Should().Equal(12, 12, 18);
        var pair = report.GetProperty("pairs").EnumerateArray().Should().HaveCount(3).And.OnlyContain(pair => Math.Abs(pair.GetProperty("cosine").GetDouble()) < 0.1).And.Subject.First();
        pair.GetProperty("layers").EnumerateObject().Should().HaveCount(12).And.Contain(layer => layer.Name == "decoder.block.1.layer.1.EncDecAttention.v");
    }

    [Theory]
    [InlineData("vit-hf", "t5-a", "vit-a", "its layers are called like 'vit.layers.0.attention.q_proj'")]
    [InlineData("t5-flan", "vit-a", "t5-a", "its layers are called like 'encoder.block.0.layer.0.SelfAttention.q'")]
    public async Task AnAdapterOfTheOtherFamilyIsRefused(string @base, string other, string own, string reason)
    {
        var (code, text, errors) = await CommandLine.RunAsync("check", "--base", Reference.Path(@base), "--adapter", Reference.Adapter(other), Reference.Adapter(own));

        code.Should().Be(1);
        errors.Should().BeEmpty();
        text.Should().Contain($"{other}: refused.").And.Contain(reason).And.Contain($"{own}: fits.").And.Contain("1 of 2 adapters are refused.");
    }

    [Fact]
    public async Task EveryRefusalHasItsReasonAndTheRestIsStillChecked()
    {
        var (code, text, errors) = await CommandLine.RunAsync("check", "--base", Reference.Base, "--adapter", Reference.Adapter("reject-dora"), Reference.Adapter("vit-a"), Reference.Adapter("missing"));

        code.Should().Be(1);
        errors.Should().BeEmpty();
        text.Should().Contain("reject-dora: refused.").And.Contain("DoRA").And.Contain("vit-a: fits. 6 layers").And.Contain("missing: refused.").And.Contain("2 of 3 adapters are refused.");
    }

    [Fact]
    public async Task FoldersOfOneNameAreToldApart()
    {
        string path = Reference.Adapter("vit-a");

        var (code, text, _) = await CommandLine.RunAsync("check", "--json", "--base", Reference.Base, "--adapter", path, "--adapter", Path.Combine(path, "..", "vit-a"));

        code.Should().Be(0);
        JsonDocument.Parse(text).RootElement.GetProperty("adapters").EnumerateArray().Select(adapter => adapter.GetProperty("name").GetString()).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task AMissingBaseIsOneLine()
    {
        var (code, _, errors) = await CommandLine.RunAsync("check", "--base", Reference.Path("none"), "--adapter", Reference.Adapter("vit-a"));

        code.Should().Be(1);
        errors.Should().ContainSingle().Which.Should().Contain("the folder is missing");
    }
}
