using Documentation.Tests.Support;
using LoraComposition;
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
}
