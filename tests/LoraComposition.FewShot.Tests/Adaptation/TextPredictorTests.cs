using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Adaptation;

public sealed class TextPredictorTests : IDisposable
{
    readonly TinyTextExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    TextClassifier Open(params string[] labels) => TextClassifier.Open(tiny.BaseModel.Folder, [tiny.Modules[0], tiny.Modules[1]], labels);

    [Fact]
    public void ProbabilitiesAreTheSoftmaxOverTheLabels()
    {
        using var classifier = Open("first", "second", "last");
        var predictor = new TextPredictor(classifier);
        var question = predictor.ToQuestion("1", "how many days");
        var tokens = new TokenizedQuestions(new QuestionDataset("one", [question]), OwnTextTemplates.Classification, classifier.Tokenizer, new TextLengths());
        double[] scores = ChoiceScoring.LogLikelihoods(classifier.Model, tokens, [0], 1)[0];

        var answer = predictor.Predict("how many days");

        answer.Select(c => c.Rank).Should().Equal(1, 2, 3);
        answer.Sum(c => c.Probability).Should().BeApproximately(1, 1e-12);
        foreach (var choice in answer)
            choice.Probability.Should().BeApproximately(Math.Exp(scores[Array.IndexOf(["first", "second", "last"], choice.ClassName)]) / scores.Sum(Math.Exp), 1e-9);
        predictor.Predict("how many days", top: 1).Should().Equal(answer[0]);
    }

    [Fact]
    public void ThreadsGetTheAnswersOfOneThread()
    {
        using var classifier = Open("first", "second");
        var predictor = new TextPredictor(classifier);
        string[] texts = [.. Enumerable.Range(0, 6).Select(i => $"how many days {i}")];
        var expected = texts.Select(text => predictor.Predict(text)[0]).ToArray();
        var found = new ClassProbability[48];

        Parallel.For(0, found.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => found[i] = predictor.Predict(texts[i % texts.Length])[0]);

        foreach (var (i, one) in found.Index())
        {
            one.ClassName.Should().Be(expected[i % texts.Length].ClassName);
            one.Probability.Should().BeApproximately(expected[i % texts.Length].Probability, 1e-6);
        }
    }

    [Fact]
    public void WhatCannotBeToldIsRefused()
    {
        FluentActions.Invoking(() => Open("first")).Should().Throw<ArgumentException>().WithMessage("*one label alone*");
        FluentActions.Invoking(() => Open("first", "first")).Should().Throw<ArgumentException>().WithMessage("*given twice*");
        FluentActions.Invoking(() => Open("\u0416", "\u042F")).Should().Throw<DataException>().WithMessage("*same tokens*");
        using var classifier = Open("first", "second");
        FluentActions.Invoking(() => new TextPredictor(classifier).Predict(" ")).Should().Throw<ArgumentException>().WithMessage("*found an empty one*");
    }
}
