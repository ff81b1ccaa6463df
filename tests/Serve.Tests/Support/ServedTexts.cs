using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace Serve.Tests.Support;

/// <summary>The T5 that comes with the samples as a model of two labels, and as one of questions with choices.</summary>
public sealed class ServedTexts : IDisposable
{
    readonly TemporaryFolder folder = new();

    public ServedTexts()
    {
        Save(TinyTexts.Labelled(16, 0, "fruits", "animals"), OwnTextTemplates.Classification, Labelled);
        Save(TinyTexts.Questions(16), OwnTextTemplates.MultipleChoice, Questions);
    }

    public string Labelled => folder["labelled"];

    public string Questions => folder["questions"];

    static void Save(QuestionDataset data, IPromptTemplate template, string to)
    {
        var options = new TextAdaptationOptions { Shots = 2, ValidationPerLabel = 2, Methods = [new ZeroShot()] };
        var baseModel = TextBaseModel.Open(Path.Combine(AppContext.BaseDirectory, "base-models", "t5-questions"));
        using var result = new TextAdaptation(baseModel, [], options).Run(new QuestionSplits(data, null, null), template);
        result.Save(to);
    }

    public void Dispose() => folder.Dispose();
}
