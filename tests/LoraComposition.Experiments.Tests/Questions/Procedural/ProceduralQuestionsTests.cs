using LoraComposition.FewShot;

namespace LoraComposition.Experiments.Tests.Questions.Procedural;

public class ProceduralQuestionsTests
{
    static readonly ProceduralTask[] Tasks = [.. ProceduralTasks.Upstream, ProceduralTasks.Downstream, .. ProceduralTasks.PreTraining];

    public static TheoryData<int> TaskNumbers => [.. Enumerable.Range(0, Tasks.Length)];

    [Theory]
    [MemberData(nameof(TaskNumbers))]
    public void ASecondSolverFindsTheAnswerAndNoOther(int task)
    {
        foreach (var question in ProceduralQuestions.Create(Tasks[task], QuestionPart.Train, 500, seed: 3).Questions)
        {
            question.Options.Select(o => o.Label).Should().Equal("A", "B", "C", "D");
            question.Options.Select(o => o.Text).Should().OnlyHaveUniqueItems();
            IndependentSolver.Solve(question).Should().Equal([question.Answer.Text], "'{0}' must have one answer", CrossFitTemplates.Arc.Input(question));
        }
    }

    [Theory]
    [MemberData(nameof(TaskNumbers))]
    public void AnswersAreInEveryPlaceAboutEquallyOften(int task)
    {
        var questions = ProceduralQuestions.Create(Tasks[task], QuestionPart.Train, 1000).Questions;

        Enumerable.Range(0, 4).Select(place => questions.Count(q => q.AnswerIndex == place)).Should().AllSatisfy(n => n.Should().BeInRange(190, 310));
    }

    [Theory]
    [MemberData(nameof(TaskNumbers))]
    public void NoQuestionIsInTwoPartsOrTwiceInOne(int task)
    {
        static string Identity(MultipleChoiceQuestion q) => q.Question + string.Join(',', q.Options.Select(o => o.Text).Order());
        string[][] parts = [.. Enum.GetValues<QuestionPart>().Select((part, i) => ProceduralQuestions.Create(Tasks[task], part, 1000, seed: i).Questions.Select(Identity).ToArray())];

        parts.SelectMany(p => p).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void ALongerSetBeginsWithTheShorter()
    {
        var shorter = ProceduralQuestions.Create(ProceduralTasks.Downstream, QuestionPart.Test, 20, seed: 5);
        var longer = ProceduralQuestions.Create(ProceduralTasks.Downstream, QuestionPart.Test, 60, seed: 5);

        longer.Questions.Take(20).Select(CrossFitTemplates.Arc.Input).Should().Equal(shorter.Questions.Select(CrossFitTemplates.Arc.Input));
        ProceduralQuestions.Create(ProceduralTasks.Downstream, QuestionPart.Test, 20, seed: 6).Fingerprint.Should().NotBe(shorter.Fingerprint);
    }

    [Fact]
    public void QuestionsAreTheSameForEver()
    {
        // Recorded results depend on these questions: a change of the grammars needs a new version in the name.
        using var hash = new ContentFingerprint();
        foreach (var task in Tasks) hash.Add(ProceduralQuestions.Create(task, QuestionPart.Train, 50).Fingerprint);

        ProceduralQuestions.Create(Tasks[0], QuestionPart.Validation, 1).Name.Should().Be("procedural-text-1/odd-one-out-validation");
        hash.ToHex()[..16].Should().Be("e9770883932bb8b3");
    }

    [Fact]
    public void TheVocabularyIsClosedAndWithoutSpare()
    {
        var used = Tasks.SelectMany(t => ProceduralQuestions.Create(t, QuestionPart.Train, 1000).Questions).SelectMany(q => CrossFitTemplates.Arc.Input(q).Split(' ')).ToHashSet();

        used.Order(StringComparer.Ordinal).Should().Equal(ProceduralVocabulary.Words);
        ProceduralVocabulary.Words.Should().HaveCount(133);
    }

    [Fact]
    public void SaysHowManyThereAre()
    {
        FluentActions.Invoking(() => ProceduralQuestions.Create(Tasks[1], QuestionPart.Test, 10_000)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'comparison' has about 1* questions in its test part*");
        FluentActions.Invoking(() => ProceduralQuestions.Create(Tasks[1], (QuestionPart)9, 1)).Should().Throw<ArgumentOutOfRangeException>();
    }
}
