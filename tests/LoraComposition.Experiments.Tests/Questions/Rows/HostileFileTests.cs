using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Questions;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Questions.Rows;

public sealed class HostileFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void RefusesOtherEncodings()
    {
        string latin = folder.At("latin.jsonl"), marked = folder.At("marked.jsonl");
        File.WriteAllBytes(latin, [.. "{}\n{\"id\":\""u8, 0xE9, .. "\"}"u8]);
        File.WriteAllBytes(marked, [.. "\uFEFF{}"u8]);

        FluentActions.Invoking(() => new ArcFormat().OpenFile(latin)).Should().Throw<DataException>().WithMessage("*line 2: expected UTF-8*");
        FluentActions.Invoking(() => new ArcFormat().OpenFile(marked)).Should().Throw<DataException>().WithMessage("*line 1: *byte order mark*");
    }

    [Fact]
    public void RefusesWhatIsTooLarge()
    {
        string huge = folder.At("huge.jsonl");
        using (var stream = File.Create(huge)) stream.SetLength(QuestionFileBytes.MaxLength + 1);
        FluentActions.Invoking(() => new ArcFormat().OpenFile(huge)).Should().Throw<DataException>().WithMessage($"*at most {QuestionFileBytes.MaxLength} bytes, found {QuestionFileBytes.MaxLength + 1}*");

        string texts = folder.Write(TinyQuestions.Nested("a1", new string('x', 100_001), ["x", "y"], "A"), "texts.jsonl");
        FluentActions.Invoking(() => new ArcFormat().OpenFile(texts)).Should().Throw<DataException>().WithMessage("*at most 100000 characters, found 100001*");

        string options = folder.Write(TinyQuestions.Quail("f1", "Who?", [.. Enumerable.Range(0, 27).Select(i => $"{i}")], 0), "options.jsonl");
        FluentActions.Invoking(() => new QuailFormat().OpenFile(options)).Should().Throw<DataException>().WithMessage("*at most 26, found 27 items*");

        string deep = folder.Write($"{{\"id\":{new string('[', 100_000)}{new string(']', 100_000)}}}", "deep.jsonl");
        FluentActions.Invoking(() => new ArcFormat().OpenFile(deep)).Should().Throw<DataException>().WithMessage("*not valid JSON*");
    }

    [Fact]
    public void RefusesWhatIsNoParquet()
    {
        string file = folder.Write("PAR1 and nothing else PAR1", "train.parquet");

        FluentActions.Invoking(() => new ArcFormat().OpenFile(file)).Should().Throw<DataException>().WithMessage($"{file}: expected a whole Parquet file*");
        File.WriteAllBytes(file, TinyQuestions.SciQParquet(("What?", "right", "Support.")));
        FluentActions.Invoking(() => new ArcFormat().OpenFile(file)).Should().Throw<DataException>().WithMessage("*row 1: expected a column 'choices.label', found none*");
    }

    [Fact]
    public void RefusesPagesThatUnpackToMoreThanIsAllowed()
    {
        byte[] bytes = TinyQuestions.SciQParquet(("What?", "right", "Support."));
        // The first page's header follows PAR1: field 1 and its number, then field 2, the unpacked length. A number of five bytes takes the place of what follows.
        new byte[] { 0x15, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F }.CopyTo(bytes, 6);
        string file = folder.At("train.parquet");
        File.WriteAllBytes(file, bytes);

        FluentActions.Invoking(() => new SciQFormat().OpenFile(file)).Should().Throw<DataException>().WithMessage($"{file}: *");
    }
}
