using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Questions.Formats;

public sealed class AskedTextsTests : IDisposable
{
    static readonly string[] labels = ["no", "yes"];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    IReadOnlyList<MultipleChoiceQuestion> Read(string name, string text, params string[] known)
    {
        folder.Write(text, name);
        return AskedTexts.Read(folder.At(name), known);
    }

    [Theory]
    [InlineData("a.txt", "\uFEFFgood\r\n\r\n{bad\n")]
    [InlineData("a.csv", "text,label\ngood,whatever\n{bad,\n")]
    [InlineData("a.jsonl", """{"text":"good"}""" + "\n" + """{"text":"{bad","label":"yes"}""")]
    public void TextsAreAskedForTheLabels(string name, string text)
    {
        var questions = Read(name, text, labels);

        questions.Select(question => question.Question).Should().Equal("good", "{bad");
        questions.Should().OnlyContain(question => question.AnswerIndex == null && question.Options.Select(option => option.Text).SequenceEqual(labels));
    }

    [Fact]
    public void QuestionsBringTheirChoices()
    {
        var question = Read("a.jsonl", """{"question":"q","choices":["a","b","c"],"context":"about"}""").Single();

        question.Options.Select(option => $"{option.Label} {option.Text}").Should().Equal("A a", "B b", "C c");
        question.Context.Should().Be("about");
        AskedTexts.Parse("lines", 3, " {\"question\":\"q\",\"choices\":[\"a\",\"b\"]}", []).Id.Should().Be("3");
        AskedTexts.Parse("lines", 3, "a text", labels).Question.Should().Be("a text");
    }

    [Theory]
    [InlineData("a.txt", "\n\n", "*one text a line, found none*")]
    [InlineData("a.txt", "words", "*line 1: this is a text without choices*")]
    [InlineData("a.jsonl", """{"text":"words"}""", "*line 1: this is a text without choices*")]
    [InlineData("a.jsonl", """{"body":"words"}""", "*line 1: expected 'text', or 'question' and 'choices'*")]
    [InlineData("a.jsonl", """{"question":"q","choices":["a"]}""", "*line 1: expected at least 2 options*")]
    [InlineData("a.docx", "words", "*expected a .txt, .jsonl, .json or .csv file*")]
    public void WhatCannotBeAskedIsRefusedByLine(string name, string text, string message) =>
        FluentActions.Invoking(() => Read(name, text)).Should().Throw<DataException>().WithMessage(message);
}
