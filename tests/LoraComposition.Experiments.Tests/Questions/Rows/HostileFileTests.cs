using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Questions;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Questions.Rows;

public sealed class HostileFileTests : IDisposable
{
    static readonly string[] Answers = ["he", "she", "it", "not enough information"];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void DamagedJsonIsReadOrRefused()
    {
        byte[] lines = System.Text.Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 3).Select(i => TinyQuestions.Nested($"a{i}", $"Which é {i}?", ["x", "y", "z"], "B"))));
        byte[] list = System.Text.Encoding.UTF8.GetBytes($"[{TinyQuestions.SciQ("What?", "right", "Support.")},{TinyQuestions.SciQ("Why?", "right", "Support.")}]");

        Fuzz(lines, "fuzz.jsonl", new ArcFormat(), 500).Should().BeGreaterThan(150);
        Fuzz(list, "fuzz.json", new SciQFormat(), 500).Should().BeGreaterThan(150);
    }

    [Fact]
    public void DamagedParquetIsReadOrRefused()
    {
        byte[] choices = TinyQuestions.ChoicesParquet(("a1", "Which is hot?", ["ice", "fire", "snow"], "ABC", "B"), ("a2", "How many?", ["2", "4"], "12", "1"));
        byte[] quail = TinyQuestions.QuailParquet([.. Enumerable.Range(0, 4).Select(i => ($"f{i}", $"Who {i}?", Answers, i, "A text."))]);

        Fuzz(choices, "fuzz.parquet", new ArcFormat(), 500).Should().BeGreaterThan(150);
        Fuzz(quail, "fuzz.parquet", new QuailFormat(), 500).Should().BeGreaterThan(150);
    }

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

    /// <summary>Reads a file with random damage over and over; gives the number of refusals. Anything but a refusal of the project's own fails the test.</summary>
    int Fuzz(byte[] whole, string name, QuestionFormat format, int times)
    {
        string file = folder.At(name);
        var random = new Random(7);
        int refused = 0;
        for (int i = 0; i < times; i++)
        {
            byte[] bytes = [.. whole];
            for (int change = random.Next(1, 4); change > 0; change--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Next(5) == 0) bytes = bytes[..random.Next(bytes.Length)];
            File.WriteAllBytes(file, bytes);
            try
            {
                format.OpenFile(file);
            }
            catch (DataException e)
            {
                e.Message.Should().StartWith(file);
                refused++;
            }
        }
        return refused;
    }
}
