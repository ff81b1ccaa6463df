using Documentation.Tests.Support;
using LoraComposition;
using LoraComposition.FewShot;
using LoraComposition.Models;
using LoraComposition.Text;
using static TorchSharp.torch;

namespace Documentation.Tests.Snippets;

public class TextSnippets
{
    [Fact]
    public void Questions_for_a_composed_T5()
    {
        using var workplace = new Workplace();
        #region text
        using var model = T5Model.Load("flan-t5");
        var tokenizer = T5Tokenizer.Load("flan-t5");
        using var modules = new AdapterCollection(LoraAdapter.Load("adapters/sciq"), LoraAdapter.Load("adapters/quail"));
        using var composition = Composition.AttachUniform(model, modules);

        using var questions = tokenizer.EncodeBatch(["which is last in the list (A) two (B) nine"]);
        foreach (var answer in model.Generate(questions.Ids, questions.Mask, new GenerationOptions { MaxLength = 16, Beams = 4 }))
            Console.WriteLine(tokenizer.Decode(answer.Best.Ids));
        #endregion
        #region text-train
        using var target = tokenizer.EncodeBatch(["nine"]);
        using var loss = model.Loss(questions.Ids, questions.Mask, target.Ids);   // padding in the target is T5Model.IgnoredLabel
        #endregion
        loss.item<float>().Should().BePositive();
    }

    [Fact]
    public void A_trainer_of_ones_own_questions()
    {
        using var workplace = new Workplace();
        string[] numbers = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
        var mine = (from first in numbers.Index()
                    from second in numbers.Index()
                    where first.Index != second.Index
                    select (Question: "which is larger", Options: new[] { first.Item, second.Item }, Right: first.Index > second.Index ? 0 : 1)).ToArray();
        #region text-fewshot
        var baseModel = TextBaseModel.Open("flan-t5");
        using var modules = new AdapterCollection(LoraAdapter.Load("adapters/sciq"), LoraAdapter.Load("adapters/quail"));
        var questions = new QuestionDataset("mine", [.. mine.Select((m, i) =>
            new MultipleChoiceQuestion($"{i}", m.Question, [new("A", m.Options[0]), new("B", m.Options[1])], answerIndex: m.Right))]);
        var tokenized = new TokenizedQuestions(questions, CrossFitTemplates.Arc, baseModel.Tokenizer, new TextLengths());
        using var trainer = new TextTrainer(baseModel, tokenized, modules);
        using var trained = trainer.Train(new LearnedComposition(), FewShotSamples.OfQuestions(questions, shots: 10));
        using var adapter = trained.ToAdapter("my-questions")!;
        adapter.Save("my-questions");
        #endregion
        trained.Outcome.History.Should().HaveCountGreaterThan(1);
        adapter.Layers.Should().NotBeEmpty();
    }
}
