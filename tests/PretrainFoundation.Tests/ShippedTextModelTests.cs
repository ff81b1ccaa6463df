using LoraComposition.FewShot.Foundations;
using LoraComposition.FewShot.Text.Procedural;
using LoraComposition.FewShot.Text.Prompts;
using LoraComposition.FewShot.Text.Questions;
using LoraComposition.FewShot.Text.Tokenization;
using LoraComposition.FewShot.Training;

namespace PretrainFoundation.Tests;

/// <summary>The model in samples/foundation/t5-questions.</summary>
public class ShippedTextModelTests
{
    private static readonly TextFoundation Foundation = TextFoundation.Open(Path.Combine(AppContext.BaseDirectory, "foundation", "t5-questions"));

    public static TheoryData<int> TaskNumbers => [.. Enumerable.Range(0, ProceduralTasks.PreTraining.Count)];

    [Fact]
    public void ItsTokenizerHoldsEveryWord() =>
        ProceduralVocabulary.Words.Should().OnlyContain(word => Foundation.Tokenizer.Cut(word).Single() == $"\u2581{word}");

    /// <summary>The bound is far above chance, a quarter, and far below what was measured.</summary>
    [Theory]
    [MemberData(nameof(TaskNumbers))]
    public void ItAnswersNewQuestionsOfItsPreTraining(int task)
    {
        const int Count = 40;
        using var model = Foundation.Load();
        var questions = new TokenizedQuestions(ProceduralQuestions.Create(ProceduralTasks.PreTraining[task], QuestionPart.Test, Count, seed: 1), CrossFitTemplates.Arc, Foundation.Tokenizer, new TextLengths());

        var (scores, _) = TextEvaluator.Score(model, questions, [.. Enumerable.Range(0, Count)], batchSize: Count);

        scores.ExactMatch.Should().BeGreaterThan(0.6);
    }
}
