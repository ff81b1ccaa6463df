using System.Text.Json;
using LoraComposition.FewShot.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Text.Tests.Tokenization;

public class T5TokenizerTests
{
    static readonly T5Tokenizer Tokenizer = TokenizerFixture.Tokenizer;

    public static TheoryData<int, string> Cases(string library)
    {
        var cases = new TheoryData<int, string>();
        foreach (var (i, item) in TokenizerFixture.Cases.GetProperty(library).EnumerateArray().Index()) cases.Add(i, item.GetProperty("text").GetString()!);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases), "sentencepiece")]
    public void PiecesAndDecodedTextAreThoseOfSentencePiece(int index, string text)
    {
        var expected = TokenizerFixture.Cases.GetProperty("sentencepiece")[index];
        int[] ids = Ints(expected.GetProperty("ids"));

        // sentencepiece itself knows no special tokens in texts.
        if (!text.Contains("</s>", StringComparison.Ordinal) && !text.Contains("<unk>", StringComparison.Ordinal))
        {
            Tokenizer.Encode(text).Should().Equal([.. ids, T5Tokenizer.EndId]);
            Tokenizer.Cut(text).Should().Equal(expected.GetProperty("pieces").EnumerateArray().Select(piece => piece.GetString()));
        }
        Tokenizer.Decode(ids).Should().Be(expected.GetProperty("decoded").GetString());
    }

    [Theory]
    [MemberData(nameof(Cases), "sentencepiece")]
    public void TheModelAloneKnowsNoSpecialTokensAndCutsAsSentencePiece(int index, string text)
    {
        var expected = TokenizerFixture.Cases.GetProperty("sentencepiece")[index];
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.At("spiece.model"), TokenizerFixture.Model);
        var model = SentencePieceModel.Load(folder.At("spiece.model"));
        var (ids, pieces) = (new List<int>(), new List<string>());

        model.Encode(text, ids);
        model.Cut(text, pieces);

        ids.Should().Equal(Ints(expected.GetProperty("ids")));
        pieces.Should().Equal(expected.GetProperty("pieces").EnumerateArray().Select(piece => piece.GetString()));
    }

    [Theory]
    [MemberData(nameof(Cases), "transformers")]
    public void IdsAreThoseOfTransformers(int index, string text) =>
        Tokenizer.Encode(text).Should().Equal(Ints(TokenizerFixture.Cases.GetProperty("transformers")[index].GetProperty("input_ids")));

    [Fact]
    public void ABatchIsPaddedAndShortenedAsByTransformers()
    {
        var expected = TokenizerFixture.Cases.GetProperty("batch");
        string[] texts = [.. TokenizerFixture.Cases.GetProperty("sentencepiece").EnumerateArray().Take(4).Select(item => item.GetProperty("text").GetString()!)];
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        using (var batch = Tokenizer.EncodeBatch(texts, maxLength: 12))
        {
            batch.Ids.dtype.Should().Be(ScalarType.Int64);
            batch.Mask.dtype.Should().Be(ScalarType.Int64);
            batch.Ids.shape.Should().Equal(4, 12);
            batch.Mask.shape.Should().Equal(4, 12);
            batch.Ids.data<long>().Should().Equal(expected.GetProperty("input_ids").EnumerateArray().SelectMany(Ints).Select(id => (long)id));
            batch.Mask.data<long>().Should().Equal(expected.GetProperty("attention_mask").EnumerateArray().SelectMany(Ints).Select(id => (long)id));
            Tokenizer.DecodeBatch(batch.Ids).Should().Equal("", "Hello world", "leading and mult", "Which of the following is a");
        }

        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(before, "the batch owns all that was made");
    }

    [Fact]
    public void ABatchIsAsLongAsItsLongestText()
    {
        using var batch = Tokenizer.EncodeBatch(["the the", "the"], maxLength: 12);
        using var cut = Tokenizer.EncodeBatch(["the the", "the"], maxLength: 1);

        batch.Ids.data<long>().Should().Equal(5, 5, 1, 5, 1, 0);
        batch.Mask.data<long>().Should().Equal(1, 1, 1, 1, 1, 0);
        cut.Ids.data<long>().Should().Equal(1, 1);
    }

    [Fact]
    public void WrongBatchesAreRefused()
    {
        using var flat = tensor([1L, 2L]);
        using var halves = tensor(new float[,] { { 1 } });

        FluentActions.Invoking(() => Tokenizer.EncodeBatch([])).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => Tokenizer.EncodeBatch(["a"], maxLength: 0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => Tokenizer.DecodeBatch(flat)).Should().Throw<ArgumentException>().WithMessage("*[2]*");
        FluentActions.Invoking(() => Tokenizer.DecodeBatch(halves)).Should().Throw<ArgumentException>().WithMessage("*Float32*");
        FluentActions.Invoking(() => Tokenizer.Decode([5, -100])).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void ExtraIdsCountFromTheTopDown()
    {
        Tokenizer.VocabularySize.Should().Be(900);
        Tokenizer.ExtraIdCount.Should().Be(100);
        Tokenizer.Encode("<extra_id_0><extra_id_7>").Should().Equal(899, 892, 1);
        Tokenizer.Cut("the <extra_id_7> the").Should().Equal("▁the", "<extra_id_7>", "▁the");
        // What is none of the hundred is text.
        foreach (string text in (string[])["<extra_id_100>", "<extra_id_07>", "<extra_id_-1>", "<extra_id_>", "<extra_id_99999999999>"]) Tokenizer.Encode(text).Should().OnlyContain(id => id < 800).And.HaveCountGreaterThan(5);
    }

    [Fact]
    public void SpecialTokensAreWrittenOutWhereAskedFor()
    {
        int[] ids = [0, 899, 5, 2, 5, 1, 900];

        Tokenizer.Decode(ids).Should().Be("the \u2047  the \u2047 ");
        Tokenizer.Decode(ids, skipSpecial: false).Should().Be("<pad><extra_id_0> the<unk> the</s><unk>");
    }

    [Fact]
    public void HalfASurrogatePairIsTheReplacementCharacter() => Tokenizer.Encode("the \ud83d a").Should().Equal(Tokenizer.Encode("the \ufffd a")).And.Equal(5, 10, 1);

    [Fact]
    public void SeveralThreadsGetTheSameIds()
    {
        string[] texts = [.. TokenizerFixture.Cases.GetProperty("transformers").EnumerateArray().Select(item => item.GetProperty("text").GetString()!)];

        var all = Enumerable.Range(0, 400).AsParallel().WithDegreeOfParallelism(4).Select(i => (i, Ids: Tokenizer.Encode(texts[i % texts.Length]))).ToArray();

        foreach (var (i, ids) in all) ids.Should().Equal(Ints(TokenizerFixture.Cases.GetProperty("transformers")[i % texts.Length].GetProperty("input_ids")));
    }

    static int[] Ints(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetInt32())];
}
