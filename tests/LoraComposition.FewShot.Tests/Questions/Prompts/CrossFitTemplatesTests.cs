namespace LoraComposition.FewShot.Tests.Questions.Prompts;

public class CrossFitTemplatesTests
{
    static readonly MultipleChoiceQuestion Question =
        new("q1", " Which  is\nhot?\\n", [new("A", "ice "), new("2", "red fire")], 1, "Fire is hot.\nIce is not.");

    [Fact]
    public void WritesWhatCrossFitWrites()
    {
        CrossFitTemplates.Arc.Input(Question).Should().Be(" Which  is hot?\\n (A) ice  (2) red fire");
        CrossFitTemplates.CommonsenseQa.Input(Question).Should().Be("Which is hot? (A) ice  (2) red fire");
        CrossFitTemplates.SciQ.Input(Question).Should().Be(" Which  is hot?\\n (A) ice  (2) red fire [SEP] Fire is hot. Ice is not.");
        CrossFitTemplates.Quail.Input(Question).Should().Be(" Which  is hot?\\n(A)ice (2)red fire [SEP] Fire is hot. Ice is not.");
    }

    [Fact]
    public void TheTargetIsTheTextOfTheAnswer() => CrossFitTemplates.Quail.Target(Question).Should().Be("red fire");

    [Fact]
    public void NamesAreDifferent() =>
        new[] { CrossFitTemplates.Arc, CrossFitTemplates.CommonsenseQa, CrossFitTemplates.SciQ, CrossFitTemplates.Quail }.Select(t => t.Name).Should().OnlyHaveUniqueItems();
}
