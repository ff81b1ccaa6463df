using System.Globalization;
using System.Text.Json;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Tool.Tests.Support;

namespace LoraComposition.Tool.Tests.Commands;

public sealed class PredictCommandTests : IAsyncLifetime
{
    readonly TinyInputs inputs = new();

    public async ValueTask InitializeAsync()
    {
        var (code, _, errors) = await CommandLine.RunAsync([.. inputs.Adapt, "--method", "learned", "--out", inputs.At("out")]);
        code.Should().Be(0, string.Join('\n', errors));
    }

    public ValueTask DisposeAsync()
    {
        inputs.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task WritesALineForEachImageAndRank()
    {
        string folder = inputs.At("pictures", "test", "apple, red"), file = inputs.At("pictures", "test", "plum", "03.png");

        var (code, output, errors) = await CommandLine.RunAsync("predict", "--model", inputs.At("out"), "--images", folder, file, "--top", "2");

        code.Should().Be(0, string.Join('\n', errors));
        errors.Should().BeEmpty();
        string[][] rows = [.. output.TrimEnd('\n').Split('\n').Select(Fields)];
        rows[0].Should().Equal("path", "rank", "class", "probability");
        rows[1..].Should().HaveCount(14).And.OnlyContain(row => row.Length == 4);
        rows[1][0].Should().Be(Path.Combine(folder, "00.png"));
        rows[^1][0].Should().Be(file);
        rows[1..].Select(row => row[1]).Should().Equal(Enumerable.Repeat((string[])["1", "2"], 7).SelectMany(ranks => ranks));
        rows[1..].Select(row => row[2]).Should().OnlyContain(name => name == "apple, red" || name == "a \"pear\"" || name == "plum");
        rows[1..].Select(row => double.Parse(row[3], CultureInfo.InvariantCulture)).Should().OnlyContain(p => p > 0 && p < 1);
    }

    [Theory]
    [InlineData("--format", "json")]
    [InlineData("--json", null)]
    public async Task WritesJson(string option, string? value)
    {
        string[] arguments = ["predict", "--model", inputs.At("out"), "--images", inputs.At("pictures", "test"), option, .. value is null ? Array.Empty<string>() : [value]];

        var (code, output, _) = await CommandLine.RunAsync(arguments);

        code.Should().Be(0);
        using var document = JsonDocument.Parse(output);
        document.RootElement.GetArrayLength().Should().Be(18);
        var first = document.RootElement[0];
        first.GetProperty("path").GetString().Should().Be(inputs.At("pictures", "test", "a \"pear\"", "00.png"));
        first.GetProperty("classes").EnumerateArray().Sum(c => c.GetProperty("probability").GetDouble()).Should().BeApproximately(1, 1e-5);
        first.GetProperty("classes").EnumerateArray().Select(c => c.GetProperty("class").GetString()).Should().BeEquivalentTo("apple, red", "a \"pear\"", "plum");
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("json")]
    public async Task AnImageThatCannotBeReadIsNamedAndTheOthersAreDone(string format)
    {
        string broken = inputs.At("pictures", "test", "plum", "00.png"), missing = inputs.At("nowhere.png");
        File.WriteAllText(broken, "no picture");

        var (code, output, errors) = await CommandLine.RunAsync("predict", "--model", inputs.At("out"), "--images", missing, inputs.At("pictures", "test", "plum"), "--top", "1", "--format", format);

        code.Should().Be(1);
        errors.Should().HaveCount(2);
        errors[0].Should().StartWith(missing);
        errors[1].Should().StartWith(broken);
        int done = format == "csv" ? output.TrimEnd('\n').Split('\n').Length - 1 : JsonDocument.Parse(output).RootElement.GetArrayLength();
        done.Should().Be(5);
    }

    [Fact]
    public async Task RefusesAChangedBaseAndTakesAMovedOne()
    {
        string[] arguments = ["predict", "--model", inputs.At("out"), "--images", inputs.At("pictures", "test", "plum"), "--top", "1"];
        var (_, expected, _) = await CommandLine.RunAsync(arguments);
        Directory.Move(inputs.At("base"), inputs.At("moved"));
        TinyModel.Save(inputs.At("base"), seed: 2);

        var (code, output, errors) = await CommandLine.RunAsync(arguments);
        (code, output).Should().Be((1, ""));
        errors.Should().ContainSingle().Which.Should().Contain("expected the base model that was adapted");

        (code, output, _) = await CommandLine.RunAsync([.. arguments, "--base", inputs.At("moved")]);
        (code, output).Should().Be((0, expected));
    }

    [Fact]
    public async Task RefusesABaseThatReadsTexts()
    {
        var (code, output, errors) = await CommandLine.RunAsync("predict", "--model", inputs.At("out"), "--images", inputs.At("pictures"), "--base", Reference.T5Base);

        (code, output).Should().Be((1, ""));
        errors.Should().ContainSingle().Which.Should().Contain("expected the base model that was adapted");
    }

    [Theory]
    [InlineData("--top", "0", "--top is 0; it must be at least 1.")]
    [InlineData("--format", "xml", "Try --help.")]
    public async Task RefusesWrongUsage(string option, string value, string message)
    {
        var (code, output, errors) = await CommandLine.RunAsync("predict", "--model", inputs.At("out"), "--images", inputs.At("pictures"), option, value);

        (code, output).Should().Be((2, ""));
        errors.Should().ContainSingle().Which.Should().Contain(message);
    }

    // A reader of RFC 4180 of its own, for records without line ends inside.
    static string[] Fields(string line)
    {
        var fields = new List<string> { "" };
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"') fields[^1] += line[++i];
            else if (line[i] == '"') quoted = !quoted;
            else if (line[i] == ',' && !quoted) fields.Add("");
            else fields[^1] += line[i];
        }
        return [.. fields];
    }
}
