using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Questions;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Questions.Formats;

public sealed class SciQFormatTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsAListAndSkipsRowsWithoutSupport()
    {
        string file = folder.Write($"[\n{TinyQuestions.SciQ("What burns?", "wood", "Wood burns.")},\n{TinyQuestions.SciQ("What melts?", "ice", "")},\n{TinyQuestions.SciQ("What flows?", "water", "Water flows.")}\n]\n", "valid.json");

        var valid = new SciQFormat().Open(folder.Path).Validation!;

        valid.Questions.Select(q => (q.Id, q.Answer.Text, q.Context)).Should().Equal(("row-1", "wood", "Wood burns."), ("row-3", "water", "Water flows."));
        valid.Skipped.WithoutContext.Should().Be(1);
        valid.Questions[0].Options.Select(o => o.Text).Should().BeEquivalentTo("wood", "salt", "iron", "air");
        valid.Questions[0].Options.Select(o => o.Label).Should().Equal("A", "B", "C", "D");
        new SciQFormat().OpenFile(file).Fingerprint.Should().Be(valid.Fingerprint);
    }

    [Fact]
    public void TheAnswerIsInEveryPlaceAboutEquallyOften()
    {
        File.WriteAllBytes(folder.At("train.parquet"), TinyQuestions.SciQParquet([.. Enumerable.Range(0, 400).Select(i => ($"Question {i}?", "right", "Some support."))]));

        var data = new SciQFormat().OpenFile(folder.At("train.parquet"));

        data.Questions.Should().AllSatisfy(q => q.Answer.Text.Should().Be("right"));
        Enumerable.Range(0, 4).Select(place => data.Questions.Count(q => q.AnswerIndex == place)).Should().AllSatisfy(n => n.Should().BeInRange(70, 130));
    }

    [Fact]
    public void TheOrderFollowsTheSeed()
    {
        folder.Write(string.Join('\n', Enumerable.Range(0, 20).Select(i => TinyQuestions.SciQ($"Question {i}?", "right", "Support."))), "train.json");
        int?[] Places(int? seed) => [.. new SciQFormat { ShuffleSeed = seed }.Open(folder.Path).Train!.Questions.Select(q => q.AnswerIndex)];

        Places(0).Should().Equal(Places(null)).And.NotEqual(Places(1));
        // Recorded results name their seeds: this order must never change.
        Places(0).Take(8).Should().Equal(RecordedPlaces);
    }

    static readonly int?[] RecordedPlaces = [1, 0, 1, 0, 3, 3, 2, 0];

    [Theory]
    [InlineData("[\n{\"question\":\"q\"},\n", "*line 3: *not valid JSON*")]
    [InlineData("[\n1]", "*line 2: *expected a JSON object, found Number*")]
    [InlineData("[\n\n{\"question\":\"q\"}]", "*line 3: *member 'correct_answer'*")]
    [InlineData("[] []", "*not valid JSON*")]
    [InlineData("[]", "*at least one question, found none*")]
    [InlineData(" \n ", "*white space only*")]
    [InlineData("", "*empty*")]
    public void NamesTheLineOfWhatIsWrong(string text, string message)
    {
        string file = folder.Write(text, "train.json");

        FluentActions.Invoking(() => new SciQFormat().OpenFile(file)).Should().Throw<DataException>().WithMessage(message).WithMessage($"{file}: *");
    }
}
