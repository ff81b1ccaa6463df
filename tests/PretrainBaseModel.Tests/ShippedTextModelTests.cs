using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace PretrainBaseModel.Tests;

/// <summary>The model in samples/base model/t5-questions.</summary>
public class ShippedTextModelTests
{
    static readonly TextBaseModel BaseModel = TextBaseModel.Open(Path.Combine(AppContext.BaseDirectory, "base-models", "t5-questions"));

    public static TheoryData<int> TaskNumbers => [.. Enumerable.Range(0, ProceduralTasks.PreTraining.Count)];

    [Fact]
    public void ItsTokenizerHoldsEveryWord() =>
        ProceduralVocabulary.Words.Should().OnlyContain(word => BaseModel.Tokenizer.Cut(word).Single() == $"\u2581{word}");

    /// <summary>The bound is far above chance, a quarter, and far below what was measured.</summary>
    [Theory]
    [MemberData(nameof(TaskNumbers))]
    public void ItAnswersNewQuestionsOfItsPreTraining(int task)
    {
        const int Count = 40;
        using var model = BaseModel.Load();
        var questions = new TokenizedQuestions(ProceduralQuestions.Create(ProceduralTasks.PreTraining[task], QuestionPart.Test, Count, seed: 1), CrossFitTemplates.Arc, BaseModel.Tokenizer, new TextLengths());

        var (scores, _) = TextEvaluator.Score(model, questions, [.. Enumerable.Range(0, Count)], batchSize: Count);

        scores.ExactMatch.Should().BeGreaterThan(0.6);
    }
}
