namespace LoraComposition.FewShot.Tests.Questions;

public class QuestionDatasetTests
{
    static readonly AnswerOption[] Options = [new("A", "x"), new("B", "y"), new("C", "z")];

    [Fact]
    public void FingerprintFollowsTheContent()
    {
        QuestionDataset Of(string id = "1", string question = "q", int? answer = 0, string? context = null, params AnswerOption[] options) =>
            new("some", [new MultipleChoiceQuestion(id, question, options.Length == 0 ? Options : options, answer, context)]);

        string[] prints =
        [
            Of().Fingerprint, Of("2").Fingerprint, Of(question: "r").Fingerprint, Of(answer: 1).Fingerprint, Of(answer: null).Fingerprint, Of(context: "").Fingerprint,
            Of(context: "c").Fingerprint, Of(options: Options[..2]).Fingerprint, Of(options: [new("A", "x"), new("C", "y")]).Fingerprint,
        ];
        prints.Should().OnlyHaveUniqueItems();
        new QuestionDataset("other", Of().Questions).Fingerprint.Should().Be(prints[0]);
    }

    [Fact]
    public void HiddenAnswersStayHiddenWhenShuffled()
    {
        var data = new QuestionDataset("some", [.. Enumerable.Range(0, 30).Select(i => new MultipleChoiceQuestion($"{i}", "q", Options, null))]);

        var shuffled = data.WithShuffledOptions(1);

        shuffled.Questions.Should().AllSatisfy(q => q.AnswerIndex.Should().BeNull());
        shuffled.Questions.Select(q => string.Concat(q.Options.Select(o => o.Text))).Distinct().Should().HaveCount(6);
        shuffled.Questions.Select(q => string.Concat(q.Options.Select(o => o.Label))).Distinct().Should().Equal("ABC");
    }

    [Fact]
    public void RefusesWhatIsNoQuestion()
    {
        FluentActions.Invoking(() => new MultipleChoiceQuestion("1", "q", Options, 3)).Should().Throw<ArgumentException>().WithMessage("*from 0 to 2, found 3*");
        FluentActions.Invoking(() => new MultipleChoiceQuestion("1", " ", Options, 0)).Should().Throw<ArgumentException>().WithMessage("*empty*");
        FluentActions.Invoking(() => new QuestionDataset("some", [])).Should().Throw<ArgumentException>().WithMessage("*no questions*");
        var one = new MultipleChoiceQuestion("1", "q", Options, 0);
        FluentActions.Invoking(() => new QuestionDataset("some", [one, one])).Should().Throw<ArgumentException>().WithMessage("*'1' twice*");
    }
}
