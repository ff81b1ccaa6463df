using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Questions.Formats;

public sealed class OwnTextsTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    OwnTexts Open(string name, string text)
    {
        folder.Write(text, name);
        return OwnTexts.Open(folder.At(name));
    }

    [Theory]
    [InlineData("a.jsonl", """{"text":"good","label":"yes"}""" + "\n" + """{"text":"bad","label":"no"}""" + "\r\n\r\n" + """{"text":"fair","label":"yes"}""")]
    [InlineData("a.json", """[{"text":"good","label":"yes"}, {"text":"bad","label":"no"}, {"text":"fair","label":"yes"}]""")]
    [InlineData("a.csv", "label,text\nyes,good\r\nno,bad\n\nyes,fair\n")]
    [InlineData("a.CSV", "\uFEFFtext,label\ngood,yes\nbad,no\nfair,yes")]
    public void TextsWithLabelsAreQuestionsWhoseChoicesAreTheLabels(string name, string text)
    {
        var texts = Open(name, text);

        texts.Questions.Name.Should().Be("a");
        texts.Questions.Questions.Select(question => (question.Question, question.Answer.Text)).Should().Equal(("good", "yes"), ("bad", "no"), ("fair", "yes"));
        texts.Questions.Questions.Should().OnlyContain(question => question.Options.Select(option => $"{option.Label} {option.Text}").SequenceEqual(new[] { "A no", "B yes" }));
        texts.Template.Input(texts.Questions.Questions[1]).Should().Be("bad (A) no (B) yes");
        texts.Template.Target(texts.Questions.Questions[1]).Should().Be("no");
    }

    [Theory]
    [InlineData("\"ten\"")]
    [InlineData("\"B\"")]
    [InlineData("\"b\"")]
    [InlineData("1")]
    [InlineData("\"1\"")]
    public void AnAnswerIsATextALetterOrAPosition(string answer)
    {
        var texts = Open("q.jsonl", $$"""{"question":"five and five?","choices":["nine","ten","2"],"answer":{{answer}},"context":"sums"}""");

        texts.Questions.Questions[0].Answer.Text.Should().Be("ten");
        texts.Template.Input(texts.Questions.Questions[0]).Should().Be("five and five? (A) nine (B) ten (C) 2 [SEP] sums");
    }

    [Fact]
    public void CsvHoldsCommasQuotesLineEndsNumbersAndChoices()
    {
        Open("l.csv", "text,label\n\"a, \"\"b\"\"\nc\",1\nd,0\n").Questions.Questions.Select(question => (question.Question, question.Answer.Text)).Should().Equal(("a, \"b\"\nc", "1"), ("d", "0"));
        Open("q.csv", "question,choices,answer\nwhich?,left | right,right\n").Questions.Questions[0].Answer.Text.Should().Be("right");
        Open("n.jsonl", """{"text":"a","label":3}""" + "\n" + """{"text":"b","label":10}""").Questions.Questions[0].Options.Select(option => option.Text).Should().Equal("10", "3");
    }

    [Theory]
    [InlineData("x.jsonl", """{"text":"a","label":"x"}""" + "\n" + """{"text":"b"}""", "*line 2: expected 'label', found none.")]
    [InlineData("x.jsonl", """{"text":"a","label":"x"}""", "*expected at least 2 labels, found 'x' alone.")]
    [InlineData("x.jsonl", """{"words":"a"}""", "*line 1: expected 'text' and 'label', or 'question', 'choices' and 'answer', found neither.")]
    [InlineData("x.jsonl", """{"question":"a","choices":["b","c"],"answer":"d"}""", "*line 1: expected 'answer' to be one of the 2 choices, its letter or its position from 0, found 'd'.")]
    [InlineData("x.jsonl", "", "*")]
    [InlineData("x.csv", "text,label\na,x,y\n", "*line 2: expected 2 fields, as in the first line, found 3.")]
    [InlineData("x.csv", "text,text\na,x\n", "*line 1: expected each column once, found 'text' twice.")]
    [InlineData("x.csv", "text,label\n\"a,x\n", "*line 2: a quote is not closed.")]
    [InlineData("x.csv", "text,label\n", "*expected at least one row, found none.")]
    public void AFileThatCannotBeIsRefusedInOneLine(string name, string text, string message) =>
        FluentActions.Invoking(() => Open(name, text)).Should().Throw<DataException>().WithMessage(message);

    [Fact]
    public void AFileIsKnownByItsExtension()
    {
        folder.Write("", "folder.csv", "inner.txt");
        OwnTexts.IsFile(folder.At("a.jsonl")).Should().BeTrue();
        OwnTexts.IsFile(folder.At("folder.csv")).Should().BeFalse();
        OwnTexts.IsFile(folder.At("a.parquet")).Should().BeFalse();
        FluentActions.Invoking(() => OwnTexts.Open(folder.At("none.csv"))).Should().Throw<DataException>().WithMessage("*none.csv*missing*");
    }

    [Fact]
    public void GivenLabelsStandInTheirOrderAndOthersAreRefused()
    {
        folder.Write("text,label\ngood,yes\nbad,no\n", "a.csv");

        OwnTexts.Open(folder.At("a.csv"), ["yes", "perhaps", "no"]).Questions.SharedChoices.Should().Equal("yes", "perhaps", "no");
        FluentActions.Invoking(() => OwnTexts.Open(folder.At("a.csv"), ["yes", "perhaps"])).Should().Throw<DataException>().WithMessage("*line 3: expected one of the labels 'yes', 'perhaps', found 'no'*");
    }

    [Theory]
    [InlineData("a.jsonl", "{\"text\":\"a\",\"label\":\"x\"}\n{\n{\"text\":\"b\"}\n\n[3]\n{\"text\":\"c\",\"label\":\"y\"}\n{\"text\":7,\"label\":\"z\"}", "2 3 5 7")]
    [InlineData("a.json", "[{\"text\":\"a\",\"label\":\"x\"},\n{\"text\":\"b\"},\n3,\n{\"text\":\"c\",\"label\":\"y\"}]", "2 3")]
    [InlineData("a.csv", "text,label\na,x\nb\nb,\nb \"b\",x\nc,y\n", "3 4 5")]
    [InlineData("b.jsonl", "{\"question\":\"a\",\"choices\":[\"x\",\"y\"],\"answer\":\"x\"}\n{\"question\":\"b\",\"choices\":[\"x\"],\"answer\":0}\n{\"question\":\"c\",\"choices\":[\"x\",\"y\"],\"answer\":\"z\"}\n{\"question\":\"d\",\"choices\":[\"x\",\"y\"],\"answer\":\"y\"}", "2 3")]
    public void RowsThatCannotBeUsedAreNamedTogetherOrLeftOut(string name, string text, string lines)
    {
        string[] places = [.. lines.Split(' ').Select(line => $"{name}:{line}")];

        var refusal = FluentActions.Invoking(() => Open(name, text)).Should().Throw<DamagedRowsException>().Which;
        var left = OwnTexts.Open(folder.At(name), skipDamaged: true).Questions;

        refusal.Rows.Select(row => row.Path).Should().Equal(places);
        refusal.Message.Should().StartWith($"{folder.At(name)}: {places.Length} rows cannot be used; correct them, or have them left out (--skip-damaged):\n  {places[0]}: ");
        left.Skipped.Damaged.Should().Equal(refusal.Rows);
        left.Count.Should().Be(2);
        left.SharedChoices.Should().Equal("x", "y");
        left.Questions[0].Id.Should().Be("1");
    }

    [Fact]
    public void TheFirstTwentyAreWrittenOut()
    {
        string text = string.Concat(Enumerable.Repeat("{\n", 25)) + "{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"b\",\"label\":\"y\"}";

        var refusal = FluentActions.Invoking(() => Open("a.jsonl", text)).Should().Throw<DamagedRowsException>().Which;

        refusal.Rows.Should().HaveCount(25);
        refusal.Message.Should().Contain("\n  a.jsonl:20: ").And.NotContain("a.jsonl:21").And.EndWith("\n  and 5 more");
        OwnTexts.Open(folder.At("a.jsonl"), skipDamaged: true).Questions.Questions.Select(question => question.Id).Should().Equal("26", "27");
    }

    [Theory]
    [InlineData("a.json", "[{\"text\":\"a\",\"label\":\"x\"},\n{\"text\":", "*a.json: line 2: *not valid JSON*")]
    [InlineData("a.csv", "text,label\na,x\n\"b,y\n", "*line 3: a quote is not closed.")]
    [InlineData("a.jsonl", "{\n[]\n", "*2 rows cannot be used; correct them:*")]
    [InlineData("a.jsonl", "{\"text\":\"a\",\"label\":\"x\"}\n{", "*expected at least 2 labels, found 'x' alone.")]
    public void WhatIsBrokenAsAWholeCannotBeLeftOut(string name, string text, string message)
    {
        folder.Write(text, name);

        FluentActions.Invoking(() => OwnTexts.Open(folder.At(name), skipDamaged: true)).Should().Throw<DataException>().WithMessage(message);
    }

    [Fact]
    public void TheRowsOfAllPartsAreNamedTogether()
    {
        folder.Write("text,label\na,x\nb\n", "parts", "train.csv");
        folder.Write("[{\"text\":\"a\",", "parts", "val.json");
        folder.Write("text,label\nc,y\nd\n", "parts", "test.csv");

        FluentActions.Invoking(() => OwnTextSplits.Open(folder.At("parts"))).Should().Throw<DamagedRowsException>().Which.Rows.Select(row => $"{row.Part} {row.Path}")
            .Should().BeEquivalentTo("train train.csv:3", "validation val.json", "test test.csv:3");
        File.Delete(folder.At("parts", "val.json"));
        var parts = OwnTextSplits.Open(folder.At("parts"), skipDamaged: true).Parts;
        (parts.Train!.Count, parts.Test!.Count, parts.Train.SharedChoices!.Count).Should().Be((1, 1, 2));
    }
}
