using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Questions.Formats;

public sealed class NamedTextsTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    NamedTexts Open(string text, string file = "mine.jsonl", int validation = 1) => NamedTexts.Open("mails", folder.Write(text, file), validation);

    static string Labelled(int spam, int ham) =>
        string.Concat(Enumerable.Range(0, spam + ham).Select(i => $$"""{"text":"text {{i}}","label":"{{(i < spam ? "spam" : "ham")}}"}""" + "\n"));

    [Fact]
    public void AFifthOfEachLabelIsTestedOnAndSaid()
    {
        var texts = Open(Labelled(spam: 15, ham: 5));

        texts.Test.Questions.CountBy(question => question.Answer.Text).Should().BeEquivalentTo(new Dictionary<string, int> { ["spam"] = 3, ["ham"] = 1 });
        texts.Train.Questions.Concat(texts.Test.Questions).Select(question => question.Question).Should().OnlyHaveUniqueItems().And.HaveCount(20);
        (texts.Train.Name, texts.Test.Name, texts.Template).Should().Be(("mails", "mails", OwnTextTemplates.Classification));
        texts.Remarks.Should().Equal("mails: there is no test part; 4 of the 20 texts, 20 % of each label drawn with seed 0, are tested on.");
        Open(Labelled(15, 5)).Test.Fingerprint.Should().Be(texts.Test.Fingerprint, "the draw is seeded");
    }

    [Fact]
    public void QuestionsAreDrawnWhateverTheirAnswer()
    {
        var texts = Open("question,choices,answer\n" + string.Concat(Enumerable.Range(0, 10).Select(i => $"which {i},a|b,{(i == 0 ? "B" : "A")}\n")), "quiz.csv");

        (texts.Train.Count, texts.Test.Count, texts.Template).Should().Be((8, 2, OwnTextTemplates.MultipleChoice));
        texts.Remarks.Should().ContainSingle().Which.Should().Contain("2 of the 10 texts, 20 % of all");
    }

    [Fact]
    public void TooFewTextsAreRefusedAndTooManyHeldOutAreAWarning()
    {
        FluentActions.Invoking(() => Open(Labelled(1, 1))).Should().Throw<DataException>().WithMessage("*mine.jsonl: *there are only 2*");
        Open(Labelled(10, 10), validation: 50).Remarks.Should().Contain(remark => remark.StartsWith("warning: mails: --validation 50 leaves 1 of the 16 texts to learn from", StringComparison.Ordinal));
    }

    [Fact]
    public void RowsThatAreLeftOutAreSaid() =>
        Open(Labelled(5, 5) + """{"text":"text 1","label":"spam"}""").Remarks.Should().Contain(remark => remark.StartsWith("mails: 1 rows are left out", StringComparison.Ordinal));
}
