using System.Globalization;
using System.Text.Json;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
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

    /// <summary>As compose writes one, with its classes.</summary>
    [Fact]
    public async Task AMergedCheckpointIsTaken()
    {
        string merged = inputs.At("merged"), picture = inputs.At("pictures", "test", "plum", "00.png");
        (await CommandLine.RunAsync("compose", "--base", Reference.Base, "--adapter", Reference.Adapter("vit-a"), Reference.Adapter("vit-b"), "--as", "checkpoint", "--out", merged)).Code.Should().Be(0);

        var (code, output, errors) = await CommandLine.RunAsync("predict", "--model", merged, "--images", picture, "--json");

        code.Should().Be(0, string.Join('\n', errors));
        using var model = VisionTransformer.Load(merged);
        ShouldBe(output, model, picture, merged);
    }

    [Fact]
    public async Task ABaseTakesTheHeadOfItsOneAdapter()
    {
        string picture = inputs.At("pictures", "test", "plum", "00.png");

        var (code, output, errors) = await CommandLine.RunAsync("predict", "--base", Reference.Base, "--adapter", Reference.Adapter("vit-head"), "--images", picture, "--json");

        code.Should().Be(0, string.Join('\n', errors));
        using var model = VisionTransformer.Load(Reference.Base);
        using var adapter = LoraAdapter.Load(Reference.Adapter("vit-head"));
        model.SetHead(adapter.Head!);
        using var composition = Composition.AttachUniform(model, [adapter]);
        ShouldBe(output, model, picture, Reference.Base);
    }

    static void ShouldBe(string output, VisionTransformer model, string picture, string preprocessed)
    {
        var expected = new ImagePredictor(model, ImageBaseModel.Open(preprocessed).Preprocessing).Predict(picture);
        using var document = JsonDocument.Parse(output);
        var found = document.RootElement[0].GetProperty("classes").EnumerateArray().ToArray();
        found.Select(c => c.GetProperty("class").GetString()).Should().Equal(expected.Select(c => c.ClassName));
        foreach (var (line, wanted) in found.Zip(expected)) line.GetProperty("probability").GetDouble().Should().BeApproximately(wanted.Probability, 2e-6);
    }

    [Fact]
    public async Task AModelWithoutAHeadIsRefused()
    {
        async Task Refuse(string message, params string[] model)
        {
            var (code, output, errors) = await CommandLine.RunAsync(["predict", .. model, "--images", inputs.At("pictures")]);
            (code, output).Should().Be((1, ""));
            errors.Should().ContainSingle().Which.Should().Contain("expected a model with a head, found none").And.Contain(message);
        }

        await Refuse("a single adapter brings its saved head", "--model", inputs.At("base"));
        await Refuse("none is saved with adapter 'module-1'", "--base", inputs.At("base"), "--adapter", inputs.At("module-1"));
    }

    /// <summary>The second path comes only when the first is answered, as a program that asks one after the other would have it.</summary>
    [Theory]
    [InlineData("csv")]
    [InlineData("jsonl")]
    public async Task PathsOnStandardInputAreAnsweredAsTheyCome(string format)
    {
        string first = inputs.At("pictures", "test", "plum", "00.png"), second = inputs.At("pictures", "test", "plum", "01.png");
        List<string> before = [];

        var (code, output, errors) = await CommandLine.RunAsync(written => new ScriptedInput(Lines(written)),
            "predict", "--model", inputs.At("out"), "--images", "-", "--top", "1", "--format", format);

        code.Should().Be(0, string.Join('\n', errors));
        before[0].Should().NotContain("00.png");
        before[1].Should().Contain("00.png").And.EndWith("\n").And.NotContain("01.png");
        output.Should().Contain("01.png");
        errors.Should().BeEmpty();

        IEnumerable<string> Lines(Func<string> written)
        {
            before.Add(written());
            yield return "\uFEFF" + first;
            before.Add(written());
            yield return "";
            yield return second + "\r";
        }
    }

    [Fact]
    public async Task JsonLinesAnswerEveryPathAlsoOneThatCannotBeRead()
    {
        string broken = inputs.At("pictures", "test", "plum", "00.png"), whole = inputs.At("pictures", "test", "plum", "01.png"), missing = inputs.At("no\twhere.png");
        File.WriteAllText(broken, "no picture");

        var (code, output, errors) = await CommandLine.RunAsync(_ => new StringReader($"{broken}\n{missing}\n{whole}\n"),
            "predict", "--model", inputs.At("out"), "--images", "-", "--format", "jsonl");

        code.Should().Be(1);
        errors.Should().HaveCount(2);
        JsonElement[] lines = [.. output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
        lines.Select(line => line.GetProperty("path").GetString()).Should().Equal(broken, missing, whole);
        lines.Select(line => line.TryGetProperty("error", out _)).Should().Equal(true, true, false);
        lines[2].GetProperty("classes").GetArrayLength().Should().Be(3);
    }

    [Theory]
    [InlineData("--images - other.png --model out", "--images -: standard input is read alone")]
    [InlineData("--images a.png", "--model is missing; give a folder, or --base and --adapter.")]
    [InlineData("--images a.png --base base", "give --adapter with it, or --model")]
    [InlineData("--images a.png --model out --adapter module-1", "--adapter is for a checkpoint")]
    [InlineData("--images a.png --model base --base base", "--base is for a folder that adapt wrote")]
    public async Task RefusesWhatDoesNotGoTogether(string line, string message)
    {
        string[] arguments = [.. line.Split(' ').Select(word => word is "out" or "base" or "module-1" ? inputs.At(word) : word)];

        var (code, output, errors) = await CommandLine.RunAsync(["predict", .. arguments]);

        (code, output).Should().Be((2, ""));
        errors.Should().ContainSingle().Which.Should().Contain(message);
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

    /// <summary>Lines that are made when they are asked for.</summary>
    sealed class ScriptedInput(IEnumerable<string> lines) : TextReader
    {
        readonly IEnumerator<string> lines = lines.GetEnumerator();

        public override string? ReadLine() => lines.MoveNext() ? lines.Current : null;
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
