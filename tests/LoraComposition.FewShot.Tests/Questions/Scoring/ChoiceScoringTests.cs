using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;

namespace LoraComposition.FewShot.Tests.Questions.Scoring;

public sealed class ChoiceScoringTests : IDisposable
{
    readonly TinyTextExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    TokenizedQuestions Tokens(QuestionDataset data) => new(data, OwnTextTemplates.MultipleChoice, tiny.BaseModel.Tokenizer, new TextLengths { Answer = 12 });

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public void AChoiceIsWorthTheLogLikelihoodOfItsTokens(int batchSize)
    {
        using var model = tiny.BaseModel.Load();
        var questions = Tokens(TinyTexts.Questions(7));
        int[] asked = [6, 0, 3, 5];

        var scores = ChoiceScoring.LogLikelihoods(model, questions, asked, batchSize);

        foreach (var (place, index) in asked.Index())
        {
            scores[place].Should().HaveCount(questions.Dataset.Questions[index].Options.Count);
            foreach (var (choice, value) in scores[place].Index())
            {
                // The loss of a choice in place of the answer is minus its mean log-likelihood.
                var one = Tokens(new QuestionDataset("one", [questions.Dataset.Questions[index].WithAnswer(choice)]));
                using var loss = TextEvaluator.Loss(model, one, [0]);
                value.Should().BeApproximately(-loss.item<float>() * one.Answer(0).Count, 1e-3);
            }
        }
    }

    [Fact]
    public void ARightAnswerThatAnotherChoiceIsAsLikelyAsIsNoHit()
    {
        using var model = tiny.BaseModel.Load();
        // Letters that the tokenizer does not know are all the same to it.
        AnswerOption[] alike = [new("A", "\u0416"), new("B", "\u042F"), new("C", "first")];
        var questions = Tokens(new QuestionDataset("alike", [new MultipleChoiceQuestion("1", "which day", alike, 0)]));

        var (score, correct) = ChoiceScoring.Validate(model, questions, [0], 4, null, default);

        correct.Should().Equal(false);
        score.Accuracy.Should().Be(0);
        ChoiceEvaluator.Run(model, questions).Correct.Should().Be(0);
        ChoiceEvaluator.Warning(questions).Should().StartWith("1 of 1 questions have another choice that is the same tokens");
        ChoiceEvaluator.Warning(Tokens(TinyTexts.Questions(4))).Should().BeNull();
    }

    [Fact]
    public void TheScoreIsThatOfTheSoftmaxOverTheChoices()
    {
        using var model = tiny.BaseModel.Load();
        var questions = Tokens(TinyTexts.Questions(9));
        int[] all = [.. Enumerable.Range(0, 9)];
        var scores = ChoiceScoring.LogLikelihoods(model, questions, all, 4);

        var (score, correct) = ChoiceScoring.Validate(model, questions, all, 4, null, default);

        double[] own = [.. all.Select(i => Math.Exp(scores[i][questions.Dataset.Questions[i].AnswerIndex!.Value]) / scores[i].Sum(Math.Exp))];
        score.Loss.Should().BeApproximately(own.Average(p => -Math.Log(p)), 1e-9);
        correct.Should().Equal(all.Select(i => Array.IndexOf(scores[i], scores[i].Max()) == questions.Dataset.Questions[i].AnswerIndex));
        var evaluation = ChoiceEvaluator.Run(model, questions);
        evaluation.Loss.Should().BeApproximately(score.Loss, 1e-6);
        evaluation.Accuracy.Should().Be(score.Accuracy);
        evaluation.Classes.Select(c => c.Name).Should().Equal("A", "B", "C");
        evaluation.WorstMistakes.Should().HaveCount(correct.Count(right => !right)).And.OnlyContain(mistake => mistake.Name.StartsWith($"{mistake.Sample}: which day", StringComparison.Ordinal));
    }
}
