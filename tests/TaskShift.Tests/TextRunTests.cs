using System.Text.Json.Nodes;
using LoraComposition.FewShot.Tests.Questions;
using LoraComposition.FewShot.Tests.Support;

namespace TaskShift.Tests;

public sealed class TextRunTests : IDisposable
{
    static readonly string[] Short = ["--seeds", "1", "--steps", "2", "--upstream-epochs", "1", "--rank", "2", "--threads", "1"];
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task TheEmbeddedQuestionsNeedNothing()
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. Short, "--shots", "1", "--out", folder["out"]]);

        code.Should().Be(0, string.Join('\n', errors));
        string[] methods = ["zero-shot", "full", "lora", "uniform", "learned"];
        File.ReadAllLines(folder["out/summary.csv"])[1..].Select(row => row.Split(',')[0]).Should().Equal(methods);
        foreach (string file in (string[])["accuracy.png", "accuracy.svg", "summary-accuracy.csv", "summary-optionAccuracy.csv"]) File.Exists(folder[$"out/{file}"]).Should().BeTrue(file);
        Directory.GetDirectories(folder["out/modules"]).Should().HaveCount(3);
        foreach (string method in methods)
        {
            var run = JsonNode.Parse(File.ReadAllText(folder[$"out/runs/{method}-k001-seed0.json"]))!;
            run["testCount"]!.GetValue<int>().Should().Be(300);
            File.ReadAllLines(folder[$"out/runs/{method}-k001-seed0.predictions.jsonl"]).Should().HaveCount(300);
        }
        // Modules on query and value of 2 + 2 layers: 6 attentions.
        JsonNode.Parse(File.ReadAllText(folder["out/runs/learned-k001-seed0.json"]))!["trainableParameters"]!.GetValue<int>().Should().Be(3 * 2 * 6);
        printed.Should().Contain(line => line.StartsWith("Task shift: odd-one-out, comparison, membership → sequence-completion; exact match on 300 test questions"));
    }

    [Fact]
    public async Task TheFilesOfCrossFitAreRead()
    {
        string path = WriteCrossFit();
        string[] arguments = [.. Short, "--data", "crossfit", "--path", path, "--shots", "2", "--validation", "1", "--max-length", "40", "--methods", "zero-shot,learned", "--out", folder["out"]];

        var (code, printed, errors) = await CommandLine.RunAsync(arguments);

        code.Should().Be(0, string.Join('\n', errors));
        printed.Should().Contain(line => line.StartsWith("Task shift: SciQ, CommonsenseQA, QuAIL → ARC-Challenge; exact match on 3 test questions"));
        errors.Should().Contain(line => line.StartsWith("SciQ: there is no train part")).And.Contain(line => line.Contains("SciQ-validation: 1 rows are left out"));
        string[] files = FolderState.Of(folder["out/runs"]);

        (code, _, errors) = await CommandLine.RunAsync([.. arguments, "--resume"]);

        code.Should().Be(0, string.Join('\n', errors));
        FolderState.Of(folder["out/runs"]).Should().Equal(files);
    }

    [Fact]
    public async Task OwnTextsAreTasks()
    {
        string Labelled(string name, params string[] labels) =>
            folder.Write(string.Concat(Enumerable.Range(0, 20).Select(i => $$"""{"text":"how many days {{i}}","label":"{{labels[i % labels.Length]}}"}""" + "\n")), name);
        string quiz = folder.Write("question,choices,answer\n" + string.Concat(Enumerable.Range(0, 20).Select(i => $"which is number {i},{i}|{i + 1},A\n")), "quiz.csv");
        string data = $"mails={Labelled("a.jsonl", "spam", "ham")},quiz={quiz},reviews={Labelled("c.jsonl", "good", "bad")}";

        var (code, printed, errors) = await CommandLine.RunAsync([.. Short, "--data", data, "--downstream", "reviews", "--shots", "2", "--validation", "4", "--methods", "zero-shot,learned", "--out", folder["out"]]);

        code.Should().Be(0, string.Join('\n', errors));
        printed.Should().Contain(line => line.StartsWith("Task shift: mails, quiz → reviews; exact match on 4 test questions"));
        errors.Should().Contain("quiz: there is no test part; 4 of the 20 texts, 20 % of all drawn with seed 0, are tested on.");
        Directory.GetDirectories(folder["out"]).Select(Path.GetFileName).Should().BeEquivalentTo("modules", "reviews");
        File.ReadAllText(folder["out/report.html"]).Should().Contain("task-shift-text-reviews");
    }

    [Theory]
    [InlineData("SciQ")]
    [InlineData("CommonsenseQA")]
    [InlineData("QuAIL")]
    [InlineData("ARC-Challenge")]
    public async Task NamesAMissingDataSet(string name)
    {
        string path = WriteCrossFit();
        Directory.Delete(Path.Combine(path, name), recursive: true);

        await FailsAsync(path, name);
    }

    [Fact]
    public async Task NamesTheDamagedLine()
    {
        string path = WriteCrossFit();
        File.AppendAllText(Path.Combine(path, "CommonsenseQA", "train_rand_split.jsonl"), "{ damaged\n");

        await FailsAsync(path, "train_rand_split.jsonl");
    }

    [Fact]
    public async Task TheDownstreamTaskNeedsATestPart()
    {
        string path = WriteCrossFit();
        File.Delete(Path.Combine(path, "ARC-Challenge", "ARC-Challenge-Test.jsonl"));

        await FailsAsync(path, "expected a test part");
    }

    async Task FailsAsync(string path, string expected)
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. Short, "--data", "crossfit", "--path", path, "--out", folder["out"]]);

        errors[^1].Should().Contain(expected);
        code.Should().Be(1);
        printed.Should().BeEmpty();
        Directory.Exists(folder["out"]).Should().BeFalse();
    }

    string WriteCrossFit()
    {
        string[] texts = ["one", "two", "three", "four"];
        string Choices(string id) => TinyQuestions.Nested(id, $"which word comes {id} ?", texts, "B");
        void Write(string folderName, string file, IEnumerable<string> lines) => File.WriteAllLines(folder.At("nlp", folderName, file), lines);
        Write("ARC-Challenge", "ARC-Challenge-Train.jsonl", Enumerable.Range(0, 6).Select(i => Choices($"train {i}")));
        Write("ARC-Challenge", "ARC-Challenge-Test.jsonl", Enumerable.Range(0, 3).Select(i => Choices($"test {i}")));
        Write("CommonsenseQA", "train_rand_split.jsonl", Enumerable.Range(0, 5).Select(i => Choices($"{i}")));
        Write("QuAIL", "train.jsonl", Enumerable.Range(0, 5).Select(i => TinyQuestions.Quail($"{i}", $"who {i} ?", texts, 1)));
        File.WriteAllText(folder.At("nlp", "SciQ", "valid.json"), $"[{string.Join(',', Enumerable.Range(0, 5).Select(i => TinyQuestions.SciQ($"what {i} ?", "two", i == 4 ? "" : "a text")))}]");
        return folder["nlp"];
    }
}
