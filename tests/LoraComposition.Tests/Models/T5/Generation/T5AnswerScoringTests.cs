using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.T5.Generation;

public sealed class T5AnswerScoringTests : IDisposable
{
    // Answers of different lengths, with and without the end token, and a text without any.
    static readonly int[][][] answers = [[[31, 2, 77, 46, 1], [3], [7, 1]], [], [[58, 7, 74, 70, 29, 66, 12, 1], [1], [5, 5, 5, 1], [90, 1]]];

    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData("t5-v1.0", 32)]
    [InlineData("t5-flan", 32)]
    [InlineData("t5-flan", 3)]
    [InlineData("t5-flan", 1)]
    public void The_mean_is_minus_the_models_loss_on_the_answer_alone(string name, int batchSize)
    {
        using var model = Fixture.T5(name);
        var io = Fixture.Tensors(name, "io.safetensors");

        var scores = model.ScoreAnswers(io["input_ids"], io["attention_mask"], answers, batchSize);

        scores.Select(list => list.Count).Should().Equal(3, 0, 4);
        for (int text = 0; text < 3; text++)
        {
            for (int i = 0; i < answers[text].Length; i++)
            {
                using var noGrad = no_grad();
                var labels = tensor(answers[text][i].Select(id => (long)id).ToArray()).unsqueeze(0);
                double loss = model.Loss(io["input_ids"][text].unsqueeze(0), io["attention_mask"][text].unsqueeze(0), labels).item<float>();
                scores[text][i].TokenCount.Should().Be(answers[text][i].Length);
                scores[text][i].MeanLogLikelihood.Should().BeApproximately(-loss, 1e-4);
                scores[text][i].LogLikelihood.Should().BeApproximately(-loss * answers[text][i].Length, 1e-3);
            }
        }
    }

    [Fact]
    public void The_sum_over_a_batch_is_the_reference_loss()
    {
        using var model = Fixture.T5();
        var io = Fixture.Tensors("t5-flan", "io.safetensors");
        var labels = io["labels"].data<long>().ToArray().Chunk(6).Select(row => row.Where(id => id >= 0).Select(id => (int)id).ToArray());

        var scores = model.ScoreAnswers(io["input_ids"], io["attention_mask"], [.. labels.Select(row => new[] { row })]).Select(list => list[0]).ToArray();

        (-scores.Sum(s => s.LogLikelihood) / scores.Sum(s => s.TokenCount)).Should().BeApproximately(io["loss"].item<float>(), 1e-4);
    }

    [Fact]
    public void Wrong_answers_are_refused()
    {
        using var model = Fixture.T5();
        var ids = tensor(new long[,] { { 5, 1 } });
        void Refused(IReadOnlyList<IReadOnlyList<IReadOnlyList<int>>> wrong, string named) =>
            FluentActions.Invoking(() => model.ScoreAnswers(ids, null, wrong)).Should().Throw<ArgumentException>().WithMessage($"*{named}*");

        Refused([], "found 0");
        Refused([[[1], []]], "Answer 1 of text 0 is empty");
        Refused([[[4, -100]]], "negative");
        Refused([[[96]]], "95");
        FluentActions.Invoking(() => model.ScoreAnswers(ids, null, [[[1]]], batchSize: 0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => model.ScoreAnswers(ids, null, [[[1]]], cancellation: new(true))).Should().Throw<OperationCanceledException>();
        model.ScoreAnswers(ids, null, [[]]).Should().ContainSingle().Which.Should().BeEmpty();
    }
}
