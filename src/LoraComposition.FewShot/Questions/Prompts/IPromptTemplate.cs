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
