using System.Text.Json;
using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Questions.Scoring;

public sealed class AnswerScoresTests
{
    static readonly MultipleChoiceQuestion Question = Asked(1, "cold ice", "the red fire", "red water", "the red fire ");

    [Theory]
    [InlineData("the red fire", true, true, "B", true)]
    [InlineData(" The RED fire\n", true, true, "B", true)]
    [InlineData("a red fire.", true, false, "B", true)]
    [InlineData("red", false, false, "C", false)] // as near to "the red fire" by words, nearer to the shorter text by characters
    [InlineData("water", false, false, "C", false)]
    [InlineData("wated", false, false, "C", false)] // no word in common: the edit distance decides
    [InlineData("", false, false, null, false)]
    [InlineData("ż", false, false, null, false)]
    public void ComparesWithTheAnswerAndTheOptions(string prediction, bool exactMatch, bool correct, string? option, bool optionCorrect)
    {
        var scored = ScoredPrediction.Of(Question, prediction);

        (scored.ExactMatch, scored.Correct, scored.Option, scored.OptionCorrect).Should().Be((exactMatch, correct, option, optionCorrect));
    }

    [Fact]
    public void AnOptionWithTheAnswersTextIsRight() => ScoredPrediction.Of(Asked(1, "ice", "Ice"), "ice").Should().Match<ScoredPrediction>(s => s.Option == "A" && s.OptionCorrect);

    [Fact]
    public void LongPredictionsAreScored() => ScoredPrediction.Of(Question, string.Concat(Enumerable.Repeat("water ", 100_000))).Option.Should().Be("C");

    [Fact]
    public void AveragesEachScore()
    {
        var scores = AnswerScores.Of([Question, Question, Question, Question], ["the red fire", "red fire", "red fire!", "ice"]);

        (scores.Count, scores.ExactMatch, scores.Accuracy, scores.OptionAccuracy).Should().Be((4, 0.75, 0.25, 0.75));
        FluentActions.Invoking(() => AnswerScores.Of([Question], [])).Should().Throw<ArgumentException>().WithMessage("*each of 1*found 0*");
        FluentActions.Invoking(() => AnswerScores.Of([], [])).Should().Throw<ArgumentException>().WithMessage("*at least one*");
    }

    [Fact]
    public void PredictionsCanBeReadAgain()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("old", "predictions.jsonl");
        var scores = AnswerScores.Of([Question, Question], ["line\nend \"é\"", "ż"]);

        PredictionFile.Write(path, scores.Predictions);

        string[] lines = File.ReadAllLines(path);
        lines.Should().HaveCount(2);
        lines[0].Should().Contain("é");
        var first = JsonDocument.Parse(lines[0]).RootElement;
        (first.GetProperty("id").GetString(), first.GetProperty("target").GetString(), first.GetProperty("prediction").GetString()).Should().Be(("q", "the red fire", "line\nend \"é\""));
        first.EnumerateObject().Select(p => p.Name).Should().Equal("id", "target", "prediction", "exactMatch", "correct", "option", "optionCorrect");
        JsonDocument.Parse(lines[1]).RootElement.GetProperty("option").ValueKind.Should().Be(JsonValueKind.Null);
    }

    static MultipleChoiceQuestion Asked(int answer, params string[] texts) => new("q", "Which?", [.. texts.Select((t, i) => new AnswerOption(((char)('A' + i)).ToString(), t))], answer);
}
