using System.Text;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Questions;
using LoraComposition.Fuzzing;

namespace LoraComposition.Experiments.Tests.Questions.Rows;

/// <summary>Spoilt files of questions: each is refused, or read.</summary>
public sealed class QuestionFileFuzzTests : IDisposable
{
    static readonly string[] answers = ["he", "she", "it", "not enough information"];
    static readonly JsonMutator json = new("\"B\"", "\"\"", "[\"a\",\"b\"]", "[]", "-1", "3", "{\"text\":[],\"label\":[]}", "[{\"text\":\"x\",\"label\":\"A\"}]");

    readonly MemoryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void JsonLinesOfAPublishedDataSet()
    {
        string line = "{\"number\":7," + TinyQuestions.Nested("a1", "Which one 1?", ["x", "y", "z"], "B")[1..];
        Run(1000, random => Json(random, line), "fuzz.jsonl", file => new ArcFormat().OpenFile(file));
    }

    [Fact]
    public void AJsonListOfAPublishedDataSet()
    {
        string list = $"[{TinyQuestions.SciQ("What?", "right", "Support.")},{TinyQuestions.SciQ("Why?", "right", "Support.")}]";
        byte[] bytes = Encoding.UTF8.GetBytes(list);
        Run(1000, random => ByteMutator.Mutate(random, [bytes]), "fuzz.json", file => new SciQFormat().OpenFile(file));
    }

    [Fact]
    public void ParquetOfPublishedDataSets()
    {
        byte[] choices = TinyQuestions.ChoicesParquet(("a1", "Which is hot?", ["ice", "fire", "snow"], "ABC", "B"), ("a2", "How many?", ["2", "4"], "12", "1"));
        byte[] quail = TinyQuestions.QuailParquet([.. Enumerable.Range(0, 4).Select(i => ($"f{i}", $"Who {i}?", answers, i, "A text."))]);
        Run(700, random => ByteMutator.Mutate(random, [choices]), "fuzz.parquet", file => new ArcFormat().OpenFile(file));
        Run(700, random => ByteMutator.Mutate(random, [quail]), "fuzz.parquet", file => new QuailFormat().OpenFile(file));
    }

    [Fact]
    public void OwnTexts()
    {
        const string label = """{"text":"a good day","label":"good","id":7}""", question = """{"question":"Which is hot?","choices":["ice","fire"],"answer":1}""";
        byte[] table = "text,label\n\"a, \"\"good\"\" day\",good\nbad,bad\n"u8.ToArray(), asked = "question,choices,answer\nWhich is hot?,ice|fire,fire\n"u8.ToArray();
        Run(700, random => Json(random, label), "own.jsonl", Own);
        Run(700, random => Json(random, question), "own.jsonl", Own);
        Run(700, random => ByteMutator.Mutate(random, [table, asked]), "own.csv", Own);
    }

    static void Own(string file)
    {
        try
        {
            foreach (var question in LoraComposition.Experiments.OwnTexts.Open(file).Questions.Questions)
                if (question.AnswerIndex is not { } answer || answer < 0 || answer >= question.Options.Count) throw new InvalidDataException("A question was read without an answer among its choices.");
        }
        catch (DamagedRowsException e)
        {
            // A line for each row, which no row may break into more.
            string[] lines = e.Message.Split('\n');
            if (lines.Length != e.Rows.Count + 1) throw new InvalidDataException($"{e.Rows.Count} rows are told in {lines.Length} lines.");
            throw new DataException(file, string.Join(" ", lines), e);
        }
    }

    static FuzzCase Json(Random random, string line)
    {
        var (kind, spoilt) = json.Mutate(random, line);
        return new FuzzCase(kind, [.. Encoding.Latin1.GetBytes(spoilt), (byte)'\n', .. Encoding.UTF8.GetBytes(line)]);
    }

    void Run(int count, Func<Random, FuzzCase> make, string name, Action<string> open)
    {
        var kinds = Fuzz.Run<DataException>(seed: 1, count, make, input => open(folder.Write(name, input.Bytes)));
        kinds.Values.Sum(kind => kind.Refused).Should().BeGreaterThan(count / 5);
        kinds.Values.Sum(kind => kind.Loaded).Should().BePositive("some changes harm nothing");
    }
}
