namespace LoraComposition.FewShot.Tests.Questions.Scoring;

public class AnswerTextTests
{
    [Theory]
    [InlineData("A", "")]
    [InlineData("don't", "dont")]
    [InlineData("5.0%", "50")]
    [InlineData("U.S.A.", "usa")]
    [InlineData("(B) a cat", "b cat")]
    [InlineData("The\tcat  and an\u001Eapple", "cat and apple")]
    [InlineData("theatre anaconda", "theatre anaconda")]
    [InlineData("the-cat", "thecat")]
    [InlineData("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "")]
    [InlineData("“É…”", "“é…”")]
    public void NormalizesAsSquadDoes(string text, string expected) => AnswerText.Normalize(text).Should().Be(expected);
}
