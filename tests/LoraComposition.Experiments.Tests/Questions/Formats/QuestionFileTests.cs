using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Questions;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Questions.Formats;

public sealed class QuestionFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("*one part in the file's name, found*Train*Test*", "train-test.jsonl")]
    [InlineData("*Train: expected one file*ARC-Challenge-Train.jsonl, ARC-Easy-Train.jsonl*", "ARC-Easy-Train.jsonl", "ARC-Challenge-Train.jsonl")]
    [InlineData("*Train: expected one file*", "train.jsonl", "train-00000-of-00001.parquet")]
    [InlineData("*Train: expected one file*", "train-00000-of-00002.parquet")]
    [InlineData("*Train: expected one file*", "train-00000-of-00003.parquet", "train-00002-of-00003.parquet")]
    [InlineData("*expected .json, .jsonl or .parquet files*found none*", "readme.md", "questions.jsonl", ".train.jsonl", "constraint.json")]
    public void RefusesNamesThatLeaveAChoice(string message, params string[] names)
    {
        foreach (string name in names) folder.Write(TinyQuestions.Nested("a1", "Which?", ["x", "y"], "A"), name);

        FluentActions.Invoking(() => new ArcFormat().Open(folder.Path)).Should().Throw<DataException>().WithMessage(message);
    }

    [Fact]
    public void NamesMissingFilesAndFolders()
    {
        FluentActions.Invoking(() => new ArcFormat().Open(folder.At("none"))).Should().Throw<DataException>().WithMessage("*none: the folder is missing*");
        FluentActions.Invoking(() => new ArcFormat().OpenFile(folder.At("none.jsonl"))).Should().Throw<DataException>().WithMessage("*none.jsonl: the file is missing*");
        FluentActions.Invoking(() => new ArcFormat().OpenFile(folder.Path)).Should().Throw<DataException>();
    }
}
