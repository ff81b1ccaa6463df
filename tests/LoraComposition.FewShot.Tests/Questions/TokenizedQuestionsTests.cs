using LoraComposition.Models;
using LoraComposition.Text;
using LoraComposition.Text.Tests.Tokenization;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Questions;

public class TokenizedQuestionsTests
{
    static readonly MultipleChoiceQuestion[] Questions =
    [
        new("1", "Which is a stone?", [new("A", "granite"), new("B", "the long white bread")], 1),
        new("2", "Which?", [new("A", "rain"), new("B", "ham")], 0),
    ];

    [Fact]
    public void WritesQuestionsAndAnswersByTheTemplate()
    {
        var tokenized = Create(new TextLengths());

        tokenized.Input(0).Should().Equal(TokenizerFixture.Tokenizer.Encode("Which is a stone? (A) granite (B) the long white bread"));
        tokenized.Answer(0).Should().Equal(TokenizerFixture.Tokenizer.Encode("the long white bread"));
        tokenized.Input(0).Should().BeSameAs(tokenized.Input(0), "each is cut once");
    }

    [Fact]
    public void ShortensBothAndKeepsTheEnd()
    {
        var tokenized = Create(new TextLengths { Input = 4, Answer = 2 });

        tokenized.Input(0).Should().Equal([.. Create(new TextLengths()).Input(0).Take(3), T5Tokenizer.EndId]);
        tokenized.Answer(0).Should().Equal(Create(new TextLengths()).Answer(0)[0], T5Tokenizer.EndId);
    }

    [Fact]
    public void PadsBatches()
    {
        using var scope = NewDisposeScope();
        var tokenized = Create(new TextLengths());
        int[] lengths = [tokenized.Input(1).Count, tokenized.Input(0).Count];
        int[] answers = [tokenized.Answer(1).Count, tokenized.Answer(0).Count];

        using var batch = tokenized.Inputs([1, 0], CPU);
        var labels = tokenized.Labels([1, 0], CPU);

        batch.Mask.sum(1).data<long>().Should().Equal(lengths[0], lengths[1]);
        batch.Ids.shape.Should().Equal(2, lengths.Max());
        labels.shape.Should().Equal(2, answers.Max());
        labels.eq(T5Model.IgnoredLabel).sum(1).data<long>().Should().Equal(answers.Max() - answers[0], answers.Max() - answers[1]);
        labels[1].data<long>().Select(id => (int)id).Should().Equal(tokenized.Answer(0));
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(5, 0)]
    public void RefusesLengthsBelowOne(int input, int answer) =>
        FluentActions.Invoking(() => Create(new TextLengths { Input = input, Answer = answer })).Should().Throw<ArgumentException>().WithMessage("*at least 1 token*");

    static TokenizedQuestions Create(TextLengths lengths) => new(new QuestionDataset("two", Questions), CrossFitTemplates.Arc, TokenizerFixture.Tokenizer, lengths);
}
