using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Questions;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Questions.Formats;

public sealed class QuailFormatTests : IDisposable
{
    static readonly string[] Answers = ["he", "she", "it", "not enough information"];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsTheAuthorsFilesWithTheChallengeAsTest()
    {
        folder.Write(TinyQuestions.Quail("f1_0", "Who?", Answers, "1") + "\n" + TinyQuestions.Quail("f1_1", "Why?", Answers, 3), "challenge.jsonl");

        var test = new QuailFormat().Open(folder.Path).Test!;

        test.Questions.Select(q => (q.Id, q.Answer.Label, q.Answer.Text)).Should().Equal(("f1_0", "B", "she"), ("f1_1", "D", "not enough information"));
        test.Questions[0].Context.Should().Be("Mia fed the cat.\nThen she slept.");
    }

    [Fact]
    public void ReadsTheHubsFiles()
    {
        File.WriteAllBytes(folder.At("validation-00000-of-00001.parquet"), TinyQuestions.QuailParquet([.. Enumerable.Range(0, 3).Select(i => ($"f{i}", $"Who {i}?", Answers, i, "A text."))]));

        new QuailFormat().Open(folder.Path).Validation!.Questions.Select(q => (q.Id, q.Question, q.Answer.Text, q.Context)).Should()
            .Equal(("f0", "Who 0?", "he", "A text."), ("f1", "Who 1?", "she", "A text."), ("f2", "Who 2?", "it", "A text."));
    }

    [Theory]
    [InlineData("\"4\"", "*position from 0 to 3, found 4*")]
    [InlineData("-1", "*at least 0*")]
    [InlineData("\"first\"", "*integer*found 'first'*")]
    [InlineData("null", "*integer*found Null*")]
    public void RefusesAnswersThatAreNone(string answer, string message)
    {
        string file = folder.Write(TinyQuestions.Quail("f1", "Who?", Answers, 0).Replace("\"correct_answer_id\":0", $"\"correct_answer_id\":{answer}", StringComparison.Ordinal), "dev.jsonl");

        FluentActions.Invoking(() => new QuailFormat().OpenFile(file)).Should().Throw<DataException>().WithMessage(message).WithMessage("*line 1: *");
    }

    [Fact]
    public void ShufflesWhereAskedTo()
    {
        folder.Write(string.Join('\n', Enumerable.Range(0, 200).Select(i => TinyQuestions.Quail($"f{i}", $"Who {i}?", Answers, 0))), "dev.jsonl");

        new QuailFormat().Open(folder.Path).Validation!.Questions.Should().AllSatisfy(q => q.AnswerIndex.Should().Be(0));
        var shuffled = new QuailFormat { ShuffleSeed = 1 }.Open(folder.Path).Validation!;
        shuffled.Questions.GroupBy(q => q.AnswerIndex).Select(g => g.Count()).Should().HaveCount(4).And.AllSatisfy(n => n.Should().BeGreaterThan(30));
        shuffled.Questions.Should().AllSatisfy(q => q.Answer.Text.Should().Be("he"));
    }
}
