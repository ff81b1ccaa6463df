using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Questions.Formats;

public sealed class OwnTextSplitsTests : IDisposable
{
    const string Both = "text,label\ngood,yes\nbad,no\n";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Write(params (string Name, string Text)[] files)
    {
        foreach (var (name, text) in files) folder.Write(text, "data", name);
        return folder.At("data");
    }

    [Fact]
    public void AFolderHoldsAFileForEachPartAndAllHaveTheLabelsOfAll()
    {
        string data = Write(("train.csv", Both), ("DEV.jsonl", """{"text":"x","label":"maybe"}"""), ("test.json", """[{"text":"y","label":"no"}]"""), ("README.md", "words"));

        OwnTextSplits.Is(data).Should().BeTrue();
        var (parts, template) = OwnTextSplits.Open(data);

        template.Should().Be(OwnTextTemplates.Classification);
        foreach (var part in new[] { parts.Train, parts.Validation, parts.Test }) part!.SharedChoices.Should().Equal("maybe", "no", "yes");
        parts.Test!.Questions.Single().Answer.Text.Should().Be("no");
        OwnTextSplits.Tested(data).Should().Be((Path.Combine(data, "test.json"), QuestionPart.Test));
    }

    [Fact]
    public void AFileIsTheTrainingPart()
    {
        string file = Path.Combine(Write(("mine.csv", Both)), "mine.csv");

        OwnTextSplits.Is(file).Should().BeTrue();
        OwnTextSplits.Open(file).Parts.Should().BeEquivalentTo(new { Validation = (QuestionDataset?)null, Test = (QuestionDataset?)null });
        OwnTextSplits.Tested(file).Should().Be((file, null));
    }

    [Fact]
    public void AFolderOfPicturesIsNone()
    {
        folder.Write("text,label", "data", "class", "test.csv");
        OwnTextSplits.Is(folder.At("data")).Should().BeFalse();
        folder.Write("text,label", "data", "train.csv");
        OwnTextSplits.Is(folder.At("data")).Should().BeFalse("there are classes in it");
        OwnTextSplits.Is(folder.At("none")).Should().BeFalse();
    }

    [Fact]
    public void WhatDoesNotGoTogetherIsRefused()
    {
        FluentActions.Invoking(() => OwnTextSplits.Open(Write(("train.csv", Both), ("train.json", "[]")))).Should().Throw<DataException>().WithMessage("*one file for the train part, found train.csv and train.json*");
        File.Delete(folder.At("data", "train.json"));
        FluentActions.Invoking(() => OwnTextSplits.Open(Write(("test.jsonl", """{"question":"q","choices":["a","b"],"answer":0}""")))).Should().Throw<DataException>().WithMessage("*test.jsonl*found the other*");
        File.Delete(folder.At("data", "train.csv"));
        FluentActions.Invoking(() => OwnTextSplits.Open(folder.At("data"))).Should().Throw<DataException>().WithMessage("*expected a file called train.jsonl*");
    }
}
