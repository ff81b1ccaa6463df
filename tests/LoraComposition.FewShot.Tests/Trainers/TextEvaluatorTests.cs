using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Trainers;

public sealed class TextEvaluatorTests : IDisposable
{
    readonly TinyTextExperiment tiny = new();
    readonly T5Model model;
    readonly TokenizedQuestions questions;

    public TextEvaluatorTests() => (model, questions) = (tiny.BaseModel.Load(), tiny.Questions(QuestionPart.Test, 9));

    public void Dispose()
    {
        model.Dispose();
        tiny.Dispose();
    }

    [Fact]
    public void AnswersInTheOrderOfThePositionsWhateverTheBatch()
    {
        int[] indices = [5, 0, 8, 3, 1];
        using var scope = NewDisposeScope();
        // An untrained model writes the same for every question.
        Trainer.Train([new TrainableGroup([.. model.parameters()], 0.01)], [.. Enumerable.Range(0, 9)], batch => TextEvaluator.Loss(model, questions, batch), null, new TrainingOptions { Steps = 60 }, 0);
        string[] alone = [.. indices.Select(i => questions.Tokenizer.Decode(Generate(i)))];

        TextEvaluator.Answer(model, questions, indices, batchSize: 2).Should().Equal(alone);
        TextEvaluator.Answer(model, questions, indices, batchSize: 64).Should().Equal(alone);
        alone.Distinct().Should().HaveCountGreaterThan(1, "otherwise the order would not show");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(64)]
    public void TheLossIsTheMeanOverAllTokens(int batchSize)
    {
        using var scope = NewDisposeScope();
        int[] indices = [.. Enumerable.Range(0, 9)];
        using var texts = questions.Inputs(indices, CPU);
        var scores = model.ScoreAnswers(texts.Ids, texts.Mask, [.. indices.Select(i => (IReadOnlyList<IReadOnlyList<int>>)[questions.Answer(i)])]).Select(s => s[0]).ToArray();
        indices.Select(i => questions.Answer(i).Count).Distinct().Should().HaveCountGreaterThan(1, "otherwise a mean over questions would do");

        var (result, loss) = TextEvaluator.Score(model, questions, indices, batchSize);

        loss.Should().BeApproximately(-scores.Sum(s => s.LogLikelihood) / scores.Sum(s => s.TokenCount), 1e-4);
        result.Predictions.Select(p => p.Id).Should().Equal(questions.Dataset.Questions.Select(q => q.Id));
    }

    /// <summary>A score is that of the model in use: nothing is dropped, whatever mode the model is in, and the mode stays.</summary>
    [Fact]
    public void TheLossIsWithoutDropout()
    {
        using var scope = NewDisposeScope();
        using var lora = LoraTuning.Attach(model, new LoraOptions { Dropout = 0.5 });
        foreach (var (_, layer) in lora.Layers)
        {
            using (no_grad()) layer.TrainableParameters[1].normal_(std: 0.5);
        }
        int[] indices = [.. Enumerable.Range(0, 9)];
        model.train();

        double first = TextEvaluator.Score(model, questions, indices, 4).Loss;

        TextEvaluator.Score(model, questions, indices, 4).Loss.Should().Be(first);
        model.training.Should().BeTrue();
        double dropped = TextEvaluator.Loss(model, questions, indices).ToDouble();
        TextEvaluator.Loss(model, questions, indices).ToDouble().Should().NotBe(dropped, "else dropout would not show");
    }

    [Fact]
    public void TheLossOfABatchHasItsGraph()
    {
        using var scope = NewDisposeScope();

        TextEvaluator.Loss(model, questions, [0, 3]).backward();

        model.parameters().Should().Contain(p => p.grad is Tensor);
    }

    IEnumerable<int> Generate(int index)
    {
        using var batch = questions.Inputs([index], CPU);
        return model.Generate(batch.Ids, batch.Mask, new GenerationOptions { MaxLength = questions.Lengths.Answer })[0].Best.Ids;
    }
}
