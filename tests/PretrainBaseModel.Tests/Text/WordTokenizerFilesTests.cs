using LoraComposition.Experiments;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Text;
using PretrainBaseModel.Text;

namespace PretrainBaseModel.Tests.Text;

public sealed class WordTokenizerFilesTests : IDisposable
{
    static readonly ProceduralTask[] Tasks = [.. ProceduralTasks.Upstream, ProceduralTasks.Downstream, .. ProceduralTasks.PreTraining];
    readonly TemporaryFolder folder = new();

    public static TheoryData<int> TaskNumbers => [.. Enumerable.Range(0, Tasks.Length)];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void EveryWordIsOnePieceBehindTheSpecialOnes()
    {
        var tokenizer = Write(ProceduralVocabulary.Words);

        tokenizer.ExtraIdCount.Should().Be(0);
        tokenizer.VocabularySize.Should().Be(ProceduralVocabulary.Words.Count + 3);
        ProceduralVocabulary.Words.Select((word, i) => (tokenizer.Encode(word), i)).Should().OnlyContain(p => p.Item1.SequenceEqual(new[] { p.i + 3, T5Tokenizer.EndId }));
        tokenizer.Encode("<pad></s><unk>").Should().Equal(T5Tokenizer.PadId, T5Tokenizer.EndId, tokenizer.UnknownId, T5Tokenizer.EndId);
    }

    [Fact]
    public void AWordThatIsNotThereIsUnknown()
    {
        var tokenizer = Write(["one", "two"]);

        tokenizer.Encode("one three two").Should().Contain(tokenizer.UnknownId).And.StartWith(3);
        tokenizer.Decode(tokenizer.Encode("two one")).Should().Be("two one");
    }

    [Theory]
    [MemberData(nameof(TaskNumbers))]
    public void QuestionsAreCutIntoWholeWordsAndComeBack(int task)
    {
        var tokenizer = Write(ProceduralVocabulary.Words);
        foreach (var question in ProceduralQuestions.Create(Tasks[task], QuestionPart.Train, 300, seed: 7).Questions)
        {
            foreach (string text in new[] { CrossFitTemplates.Arc.Input(question), CrossFitTemplates.Arc.Target(question) })
            {
                var ids = tokenizer.Encode(text);
                tokenizer.Cut(text).Should().Equal(text.Split(' ').Select(word => $"\u2581{word}"));
                ids.Should().HaveCount(text.Split(' ').Length + 1).And.NotContain(tokenizer.UnknownId);
                tokenizer.Decode(ids).Should().Be(text);
            }
        }
    }

    T5Tokenizer Write(IReadOnlyList<string> words)
    {
        WordTokenizerFiles.Write(folder.Path, words);
        return T5Tokenizer.Load(folder.Path);
    }
}
