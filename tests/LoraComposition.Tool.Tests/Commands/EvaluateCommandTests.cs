using System.Text.Json;
using System.Xml.Linq;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Tool.Tests.Support;

namespace LoraComposition.Tool.Tests.Commands;

public sealed class EvaluateCommandTests : IAsyncLifetime
{
    readonly TinyInputs inputs = new();

    public async ValueTask InitializeAsync()
    {
        var (code, _, errors) = await CommandLine.RunAsync([.. inputs.Adapt, "--method", "learned", "--out", inputs.At("model")]);
        code.Should().Be(0, string.Join('\n', errors));
    }

    public ValueTask DisposeAsync()
    {
        inputs.Dispose();
        return ValueTask.CompletedTask;
    }

    string Out => inputs.At("evaluation");

    Task<(int Code, string Output, string[] Errors)> EvaluateAsync(params string[] arguments) =>
        CommandLine.RunAsync(["evaluate", "--model", inputs.At("model"), .. arguments.Contains("--data") ? [] : new[] { "--data", inputs.At("pictures") }, .. arguments]);

    [Fact]
    public async Task CountsWhatPredictSaysOfTheTestPictures()
    {
        var (code, output, errors) = await EvaluateAsync("--json");

        code.Should().Be(0, string.Join('\n', errors));
        errors.Should().BeEmpty();
        var root = JsonDocument.Parse(output).RootElement;
        root.GetProperty("part").GetString().Should().Be("pictures-test");
        var scores = root.GetProperty("scores");
        string[] names = [.. scores.GetProperty("classes").EnumerateArray().Select(c => c.GetProperty("name").GetString()!)];
        using var adapted = AdaptedModel.Load(inputs.At("model"));
        names.Should().Equal(adapted.Info.ClassNames);
        int[][] expected = [.. names.Select(_ => new int[names.Length])];
        var predictor = new ImagePredictor(adapted);
        foreach (var (name, label) in names.Select((name, label) => (name, label)))
            foreach (string file in Directory.GetFiles(inputs.At("pictures", "test", name)))
                expected[label][Array.IndexOf(names, predictor.Predict(file, top: 1)[0].ClassName)]++;
        scores.GetProperty("confusion").EnumerateArray().Select(row => row.EnumerateArray().Select(cell => cell.GetInt32()).ToArray()).Should().BeEquivalentTo(expected, o => o.WithStrictOrdering());
        scores.GetProperty("count").GetInt32().Should().Be(18);
        scores.GetProperty("correct").GetInt32().Should().Be(names.Select((_, label) => expected[label][label]).Sum());
        scores.GetProperty("reliability").GetArrayLength().Should().Be(15);
    }

    [Fact]
    public async Task WritesAPageTablesAndPictures()
    {
        var (code, output, errors) = await EvaluateAsync("--out", Out);

        code.Should().Be(0, string.Join('\n', errors));
        output.Should().StartWith("Class  ").And.Contain("a \"pear\"").And.MatchRegex(@"Accuracy on pictures-test: \d+\.\d % \(\d+ of 18\), 95 % interval").And.Contain("Wrote ");
        Directory.GetFiles(Out).Select(Path.GetFileName).Should().BeEquivalentTo("confusion.csv", "confusion.png", "confusion.svg", "evaluation.html", "evaluation.json", "per-class.csv",
            "reliability.png", "reliability.svg");
        foreach (string figure in (string[])["confusion", "reliability"])
        {
            XDocument.Load(Path.Combine(Out, figure + ".svg")).Root!.Name.LocalName.Should().Be("svg");
            File.ReadAllBytes(Path.Combine(Out, figure + ".png"))[1..4].Should().Equal("PNG"u8.ToArray());
        }
        var scores = JsonDocument.Parse(File.ReadAllText(Path.Combine(Out, "evaluation.json"))).RootElement.GetProperty("scores");
        string page = File.ReadAllText(Path.Combine(Out, "evaluation.html"));
        int mistakes = scores.GetProperty("count").GetInt32() - scores.GetProperty("correct").GetInt32();
        mistakes.Should().BePositive("a model of three steps errs");
        page.Split("<img src=\"data:image/png;base64,").Should().HaveCount(mistakes + 1);
        page.Should().Contain("a &quot;pear&quot;").And.Contain("<html lang=\"en\">").And.NotContain("<script");
        File.ReadAllLines(Path.Combine(Out, "per-class.csv")).Should().HaveCount(4).And.StartWith("class,support,given,correct,precision,recall,f1");
        File.ReadAllLines(Path.Combine(Out, "confusion.csv"))[0].Should().Be("true class,\"a \"\"pear\"\"\",\"apple, red\",plum");
    }

    [Fact]
    public async Task TheSameModelAndPicturesGiveTheSameBytes()
    {
        (await EvaluateAsync("--out", Out, "--threads", "1")).Code.Should().Be(0);
        var first = Directory.GetFiles(Out).ToDictionary(file => file, File.ReadAllBytes);

        var (code, output, errors) = await EvaluateAsync("--out", Out);
        (code, output).Should().Be((2, ""));
        errors.Should().ContainSingle().Which.Should().Contain("the folder is not empty; give another, or --force to write into it.");

        (await EvaluateAsync("--out", Out, "--force", "--threads", "1")).Code.Should().Be(0);
        foreach (var (file, bytes) in first) File.ReadAllBytes(file).Should().Equal(bytes, file);
    }

    [Fact]
    public async Task DamagedPicturesAreAllNamedOrLeftOut()
    {
        string[] broken = [inputs.At("pictures", "test", "plum", "00.png"), inputs.At("pictures", "test", "apple, red", "03.png")];
        foreach (string file in broken) File.WriteAllText(file, "no picture");

        var (code, output, errors) = await EvaluateAsync("--out", Out);

        (code, output).Should().Be((1, ""));
        errors.Should().HaveCount(3);
        errors[0].Should().StartWith(broken[1]);
        errors[1].Should().StartWith(broken[0]);
        errors[2].Should().Contain("2 of 18 pictures cannot be read").And.Contain("--skip-damaged");
        Directory.Exists(Out).Should().BeFalse();

        (code, output, errors) = await EvaluateAsync("--skip-damaged", "--json");
        code.Should().Be(0);
        errors.Should().ContainSingle().Which.Should().StartWith("warning: 2 pictures that cannot be read, left out: apple, red/03.png, plum/00.png. The first: ");
        var root = JsonDocument.Parse(output).RootElement;
        root.GetProperty("scores").GetProperty("count").GetInt32().Should().Be(16);
        root.GetProperty("skipped").EnumerateArray().Select(sample => (sample.GetProperty("part").GetString(), sample.GetProperty("path").GetString())).Should().Equal(("test", "apple, red/03.png"), ("test", "plum/00.png"));
    }

    [Fact]
    public async Task ClassesThatTheModelDoesNotKnowAreRefusedOrLeftOut()
    {
        TinyImageFolder.Write(inputs.At("other"), [("plum", 2), ("kiwi", 3)]);

        var (code, output, errors) = await EvaluateAsync("--data", inputs.At("other"));

        (code, output).Should().Be((1, ""));
        errors.Should().ContainSingle().Which.Should().Contain("the model knows no class 'kiwi'; it knows 'a \"pear\"', 'apple, red', 'plum'.").And.Contain("--ignore-unknown");

        (code, output, errors) = await EvaluateAsync("--data", inputs.At("other"), "--ignore-unknown", "--json");
        code.Should().Be(0);
        errors.Should().Equal("warning: 2 classes of the model without pictures: a \"pear\", apple, red.", "warning: 1 class that the model does not know, left out: kiwi.");
        JsonDocument.Parse(output).RootElement.GetProperty("scores").GetProperty("count").GetInt32().Should().Be(2);
    }

    [Fact]
    public async Task TrainingPicturesAreTakenWithAWarningWhereThereAreNoOthers()
    {
        Directory.Delete(inputs.At("pictures", "test"), recursive: true);

        var (code, _, errors) = await EvaluateAsync();

        code.Should().Be(0);
        errors.Should().ContainSingle().Which.Should().StartWith("warning: There is no test part, so pictures-train is taken");
    }

    [Fact]
    public async Task ACheckpointAndABaseWithItsAdapterAreTaken()
    {
        TinyImageFolder.Write(inputs.At("labelled"), [("LABEL_0", 2), ("LABEL_1", 2)]);
        string[] labels = ["--data", inputs.At("labelled"), "--json"];

        var (code, output, errors) = await CommandLine.RunAsync(["evaluate", "--base", Reference.Base, "--adapter", Reference.Adapter("vit-head"), .. labels]);

        code.Should().Be(0, string.Join('\n', errors));
        JsonDocument.Parse(output).RootElement.GetProperty("scores").GetProperty("count").GetInt32().Should().Be(4);
        (await CommandLine.RunAsync(["evaluate", "--model", inputs.At("base"), .. labels])).Errors.Should().ContainSingle().Which.Should().Contain("expected a model with a head, found none");
    }

    [Theory]
    [InlineData("--mistakes", "-1", "--mistakes is -1; it must be at least 0.")]
    [InlineData("--out", "", "--out is empty; give a folder.")]
    public async Task RefusesWrongUsage(string option, string value, string message)
    {
        var (code, output, errors) = await EvaluateAsync(option, value);

        (code, output).Should().Be((2, ""));
        errors.Should().ContainSingle().Which.Should().Contain(message);
    }
}
