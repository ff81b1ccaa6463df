namespace LoraComposition.FewShot;

/// <summary>Question, options and perhaps a context in one line. Line ends in question and context become spaces; the options stay as they are.</summary>
internal sealed class CrossFitTemplate(string name, Func<AnswerOption, string> option, bool withContext, Func<string, string>? question = null) : IPromptTemplate
{
    readonly Func<string, string> questionText = question ?? PromptText.OneLine;

    public string Name => name;

    public string Input(MultipleChoiceQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        string options = string.Concat(question.Options.Select(option));
        return questionText(question.Question) + options + (withContext ? $" [SEP] {PromptText.OneLine(question.Context ?? "")}" : "");
    }
}
