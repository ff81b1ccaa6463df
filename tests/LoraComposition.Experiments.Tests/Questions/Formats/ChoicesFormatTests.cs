using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Questions;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Questions.Formats;

public sealed class ChoicesFormatTests : IDisposable
{
    static readonly ArcFormat Arc = new();

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsTheAuthorsFiles()
    {
        folder.Write(TinyQuestions.Nested("a1", "Which is hot?", ["ice", "fire", "snow"], "B") + "\n\n" + TinyQuestions.Nested("a2", "How many legs?", ["2", "4", "6", "8", "10"], "4", "12345") + "\r\n", "ARC-Easy-Train.jsonl");
        folder.Write(TinyQuestions.Nested("a3", "Which is cold?", ["ice", "fire"], "A"), "ARC-Easy-Dev.jsonl");

        var splits = Arc.Open(folder.Path);

        splits.Test.Should().BeNull();
        splits.Validation!.Questions.Should().ContainSingle().Which.Answer.Text.Should().Be("ice");
        splits.Train!.Name.Should().Be("ARC-train");
        splits.Train.Questions.Select(q => (q.Id, q.Question, q.Answer.Label, q.Answer.Text, q.Options.Count)).Should()
            .Equal(("a1", "Which is hot?", "B", "fire", 3), ("a2", "How many legs?", "4", "8", 5));
    }

    [Fact]
    public void ReadsTheHubsFiles()
    {
        File.WriteAllBytes(folder.At("data", "train-00000-of-00001.parquet"), TinyQuestions.ChoicesParquet(
            ("a1", "Which is hot?", ["ice", "fire", "snow"], "ABC", "B"), ("a2", "How many legs?", ["2", "4", "6", "8", "10"], "12345", "4")));
        folder.Write(TinyQuestions.Nested("a1", "Which is hot?", ["ice", "fire", "snow"], "B") + "\n" + TinyQuestions.Nested("a2", "How many legs?", ["2", "4", "6", "8", "10"], "4", "12345"), "same.jsonl");

        var train = Arc.Open(folder.Path).Train!;

        train.Questions.Select(q => (q.Id, q.Answer.Text)).Should().Equal(("a1", "fire"), ("a2", "8"));
        train.Fingerprint.Should().Be(Arc.OpenFile(folder.At("same.jsonl")).Fingerprint, "both layouts say the same");
    }

    [Fact]
    public void ShardsFollowEachOther()
    {
        File.WriteAllBytes(folder.At("test-00001-of-00002.parquet"), TinyQuestions.ChoicesParquet(("a2", "Two?", ["x", "y"], "AB", "A")));
        File.WriteAllBytes(folder.At("test-00000-of-00002.parquet"), TinyQuestions.ChoicesParquet(("a1", "One?", ["x", "y"], "AB", "A")));

        Arc.Open(folder.Path).Test!.Questions.Select(q => q.Id).Should().Equal("a1", "a2");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void HiddenAnswersAreKnownToBeHidden(string? answerKey)
    {
        folder.Write(TinyQuestions.Nested("c1", "Where?", ["here", "there"], answerKey), "test_rand_split_no_answers.jsonl");
        File.WriteAllBytes(folder.At("hub.parquet"), TinyQuestions.ChoicesParquet(("c1", "Where?", ["here", "there"], "AB", answerKey)));
        var format = new CommonsenseQaFormat();

        foreach (var data in new[] { format.Open(folder.Path).Test!, format.OpenFile(folder.At("hub.parquet")) })
        {
            data.HasAnswers.Should().BeFalse();
            data.Questions[0].AnswerIndex.Should().BeNull();
            FluentActions.Invoking(() => data.Questions[0].Answer).Should().Throw<InvalidOperationException>().WithMessage("*c1*hidden*");
        }
    }

    [Fact]
    public void SkipsAndCountsWhatCannotBeAsked()
    {
        string row = TinyQuestions.Nested("a1", "Which is hot?", ["ice", "fire"], "B");
        folder.Write(string.Join('\n', row, row.Replace("a1", "a9", StringComparison.Ordinal), TinyQuestions.Nested("a2", "  ", ["ice", "fire"], "B"), TinyQuestions.Nested("a3", "Which?", ["ice", ""], "B")), "train.jsonl");

        var train = Arc.Open(folder.Path).Train!;

        train.Questions.Should().ContainSingle();
        (train.Skipped.Repeated, train.Skipped.WithEmptyText, train.Skipped.WithoutContext, train.Skipped.Total).Should().Be((1, 2, 0, 3));
    }

    [Theory]
    [InlineData("""{"id":"x","question":{"stem":"q","choices":[{"text":"t","label":"A"},{"text":"u","label":"B"}]},"answerKey":"C"}""", "*'answerKey': expected the label of an option (A, B), found 'C'*")]
    [InlineData("""{"id":"x","question":{"stem":"q","choices":[{"text":"t","label":"A"},{"text":"u","label":"A"}]},"answerKey":"A"}""", "*'A' twice*")]
    [InlineData("""{"id":"x","question":{"stem":"q","choices":[{"text":"t","label":"A"}]},"answerKey":"A"}""", "*at least 2 options, found 1*")]
    [InlineData("""{"id":"x","question":{"stem":"q","choices":[{"text":"t","label":"A"},{"text":"u"}]},"answerKey":"A"}""", "*member 'question.choices.label'*none*")]
    [InlineData("""{"id":"x","question":{"stem":"q","choices":"none"},"answerKey":"A"}""", "*'question.choices'*an object*String*")]
    [InlineData("""{"id":7,"question":{"stem":"q","choices":[{"text":"t","label":"A"},{"text":"u","label":"B"}]},"answerKey":"A"}""", "*'id': expected a text, found Number*")]
    [InlineData("""{"id":"x","id":"y"}""", "*not valid JSON*")]
    [InlineData("""{"id":"\ud800"}""", "*half of a surrogate pair*")]
    [InlineData("""["id"]""", "*expected a JSON object, found Array*")]
    [InlineData("""{"id":"a1","question":{"stem":"q","choices":[{"text":"t","label":"A"},{"text":"u","label":"B"}]},"answerKey":"A"}""", "*each id once, found 'a1' as at line 1*")]
    public void NamesFileAndLineOfWhatIsWrong(string line, string message)
    {
        string file = folder.Write(TinyQuestions.Nested("a1", "Which is hot?", ["ice", "fire"], "B") + "\n\n" + line, "train.jsonl");

        FluentActions.Invoking(() => Arc.OpenFile(file)).Should().Throw<DataException>().WithMessage(message).WithMessage($"{file}: line 3: *");
    }

    [Fact]
    public void NamesTheRowOfWhatIsWrong()
    {
        string file = folder.At("train.parquet");
        void Refused((string?, string, string?[], string, string?) row, string message)
        {
            File.WriteAllBytes(file, TinyQuestions.ChoicesParquet(("a1", "Which is hot?", ["ice", "fire"], "AB", "B"), row));
            FluentActions.Invoking(() => Arc.OpenFile(file)).Should().Throw<DataException>().WithMessage($"{file}: row 2: {message}");
        }

        Refused(("a2", "q", ["x", "y"], "AB", "C"), "*'answerKey'*found 'C'*");
        Refused(("a2", "q", ["x", "y", "z"], "AB", "A"), "*each of 2 labels, found 3 texts*");
        Refused(("a2", "q", ["x", null, "z"], "ABC", "A"), "*'choices.text': expected a list of texts, found null*");
        Refused((null, "q", ["x", "y"], "AB", "A"), "*'id': expected a text, found null*");
    }
}
