using LoraComposition.Models;
using LoraComposition.Text.Tests.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Questions;

/// <summary>From texts to texts: tokens, training, generation and scoring together.</summary>
public class TextToTextTests
{
    static readonly (string Question, string Answer)[] Pairs =
        [("Which is a stone?", "granite"), ("Which is a bread?", "the long and white one"), ("Which is rain?", "water"), ("question: the licence", "GPL <extra_id_3>")];

    [Fact]
    public void ASmallModelLearnsAnswersAndGivesThemBack()
    {
        using var scope = NewDisposeScope();
        var tokenizer = TokenizerFixture.Tokenizer;
        var config = new T5Config { VocabularySize = tokenizer.VocabularySize, HiddenSize = 32, EncoderLayerCount = 1, DecoderLayerCount = 1, HeadCount = 2, KeyValueSize = 16, IntermediateSize = 32, RelativeBucketCount = 8, RelativeMaxDistance = 16 };
        using var model = T5Model.Create(config, seed: 1);
        using var texts = tokenizer.EncodeBatch([.. Pairs.Select(pair => pair.Question)]);
        using var answers = tokenizer.EncodeBatch([.. Pairs.Select(pair => pair.Answer)]);
        var labels = answers.Ids.masked_fill(answers.Mask.eq(0), T5Model.IgnoredLabel);
        using var optimizer = optim.AdamW(model.parameters().ToArray(), lr: 0.01);
        for (int step = 0; step < 100; step++)
        {
            using var one = NewDisposeScope();
            model.Loss(texts.Ids, texts.Mask, labels).backward();
            optimizer.step();
            optimizer.zero_grad();
        }

        var greedy = model.Generate(texts.Ids, texts.Mask);
        var beams = model.Generate(texts.Ids, texts.Mask, new() { Beams = 3 });
        var choices = Pairs.Select(pair => tokenizer.Encode(pair.Answer)).ToArray();
        var scores = model.ScoreAnswers(texts.Ids, texts.Mask, [.. Pairs.Select(_ => choices)]);

        greedy.Select(result => tokenizer.Decode(result.Best.Ids)).Should().Equal("granite", "the long and white one", "water", "GPL");
        beams.Select(result => tokenizer.Decode(result.Best.Ids, skipSpecial: false)).Should().Equal("granite</s>", "the long and white one</s>", "water</s>", "GPL<extra_id_3></s>");
        scores.Select(list => list.Index().MaxBy(score => score.Item.LogLikelihood).Index).Should().Equal(0, 1, 2, 3);
        scores.Select((list, i) => list[i].MeanLogLikelihood).Should().OnlyContain(mean => mean > -0.5);
    }
}
