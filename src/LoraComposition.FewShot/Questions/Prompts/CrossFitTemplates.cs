namespace LoraComposition.FewShot;

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
