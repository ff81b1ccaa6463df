namespace LoraComposition.FewShot;

/// <summary>Writes a question as the text that a model reads, and its answer as the text that a model is to write.</summary>
public interface IPromptTemplate
{
    /// <summary>What the template is called in configurations and reports; another wording needs another name.</summary>
    string Name { get; }

    /// <summary>The text that the model reads.</summary>
    /// <param name="question">The question.</param>
    /// <returns>The text.</returns>
    string Input(MultipleChoiceQuestion question);

    /// <summary>The text that the model is to write: the text of the answer, unless a template says otherwise.</summary>
    /// <param name="question">The question.</param>
    /// <returns>The text.</returns>
    /// <exception cref="InvalidOperationException">The answer is hidden.</exception>
    string Target(MultipleChoiceQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        return question.Answer.Text;
    }
}

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

/// <summary>The templates of the CrossFit benchmark (Ye, Lin and Ren, 2021). The target is the text of the answer.</summary>
public static class CrossFitTemplates
{
    /// <summary>ARC: the question, then <c> (LABEL) text</c> for each option.</summary>
    public static IPromptTemplate Arc { get; } = new CrossFitTemplate("crossfit-arc", Spaced, withContext: false);

    /// <summary>CommonsenseQA: the question with its white space collapsed, then <c> (LABEL) text</c> for each option.</summary>
    public static IPromptTemplate CommonsenseQa { get; } = new CrossFitTemplate("crossfit-commonsense-qa", Spaced, withContext: false, PromptText.Collapse);

    /// <summary>SciQ: the question, <c> (LABEL) text</c> for each option, then <c> [SEP] </c> and the support.</summary>
    public static IPromptTemplate SciQ { get; } = new CrossFitTemplate("crossfit-sciq", Spaced, withContext: true);

    /// <summary>QuAIL: the question, <c>(LABEL)text</c> for each option without spaces, then <c> [SEP] </c> and the context.</summary>
    public static IPromptTemplate Quail { get; } = new CrossFitTemplate("crossfit-quail", option => $"({option.Label}){option.Text}", withContext: true);

    static string Spaced(AnswerOption option) => $" ({option.Label}) {option.Text}";
}

/// <summary>The templates of one's own texts. The target is the text of the label or of the answer.</summary>
public static class OwnTextTemplates
{
    /// <summary>A text with a label: the text, then <c> (LETTER) label</c> for each label.</summary>
    public static IPromptTemplate Classification { get; } = new CrossFitTemplate("text-classification", option => $" ({option.Label}) {option.Text}", withContext: false);

    /// <summary>A question with choices: the question, <c> (LETTER) text</c> for each choice, then <c> [SEP] </c> and the context, empty where there is none.</summary>
    public static IPromptTemplate MultipleChoice { get; } = new CrossFitTemplate("multiple-choice", option => $" ({option.Label}) {option.Text}", withContext: true);
}

/// <summary>How texts of a data set become parts of a prompt.</summary>
internal static class PromptText
{
    /// <summary>Puts a space in place of each line feed.</summary>
    public static string OneLine(string text) => text.Replace('\n', ' ');

    /// <summary>Puts one space in place of every run of white space and of every <c>\n</c> that is spelled out, and none at the ends.</summary>
    public static string Collapse(string text) =>
        string.Join(' ', text.Replace("\\n", " ", StringComparison.Ordinal).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
