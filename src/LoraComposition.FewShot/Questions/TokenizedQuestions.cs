using LoraComposition.Models;
using LoraComposition.Text;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>The questions of a data set as a T5 reads and answers them. Each is cut into tokens once, when first asked for.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class TokenizedQuestions
{
    readonly IReadOnlyList<int>?[] inputs, answers;
    readonly Dictionary<string, IReadOnlyList<int>> choices = new(StringComparer.Ordinal);   // many questions may share them

    /// <summary>Joins questions with the way they are written.</summary>
    /// <param name="dataset">The questions.</param>
    /// <param name="template">How they and their answers are written.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="lengths">The most tokens; longer texts lose their end.</param>
    /// <exception cref="ArgumentException">A length is below 1.</exception>
    public TokenizedQuestions(QuestionDataset dataset, IPromptTemplate template, T5Tokenizer tokenizer, TextLengths lengths)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(lengths);
        lengths.Validate();
        (Dataset, Template, Tokenizer, Lengths) = (dataset, template, tokenizer, lengths);
        (inputs, answers) = (new IReadOnlyList<int>?[dataset.Count], new IReadOnlyList<int>?[dataset.Count]);
    }

    /// <summary>The questions.</summary>
    public QuestionDataset Dataset { get; }

    /// <summary>How they are written.</summary>
    public IPromptTemplate Template { get; }

    /// <summary>The tokenizer.</summary>
    public T5Tokenizer Tokenizer { get; }

    /// <summary>The most tokens of a question and of an answer.</summary>
    public TextLengths Lengths { get; }

    /// <summary>The tokens of a question, the end token last.</summary>
    /// <param name="index">Its position.</param>
    /// <returns>The ids.</returns>
    public IReadOnlyList<int> Input(int index) => inputs[index] ??= Tokenizer.Encode(Template.Input(Dataset.Questions[index]), Lengths.Input);

    /// <summary>The tokens of the right answer, the end token last.</summary>
    /// <param name="index">The question's position.</param>
    /// <returns>The ids.</returns>
    /// <exception cref="InvalidOperationException">The answer is hidden.</exception>
    public IReadOnlyList<int> Answer(int index) => answers[index] ??= Tokenizer.Encode(Template.Target(Dataset.Questions[index]), Lengths.Answer);

    /// <summary>The tokens of each choice as it would be written were it the answer, the end token last.</summary>
    /// <param name="index">The question's position.</param>
    /// <returns>The ids of each choice, in their order.</returns>
    public IReadOnlyList<IReadOnlyList<int>> Choices(int index)
    {
        var question = Dataset.Questions[index];
        return [.. Enumerable.Range(0, question.Options.Count).Select(choice => Choice(Template.Target(question.WithAnswer(choice))))];
    }

    IReadOnlyList<int> Choice(string text) => choices.TryGetValue(text, out var tokens) ? tokens : choices[text] = Tokenizer.Encode(text, Lengths.Answer);

    /// <summary>The places in a list of positions, the shortest questions first: texts of one length side by side are padded least.</summary>
    internal IEnumerable<int> ByLength(IReadOnlyList<int> indices) => Enumerable.Range(0, indices.Count).OrderBy(place => Input(indices[place]).Count);

    /// <summary>Some questions, padded to the longest of them.</summary>
    /// <param name="indices">Their positions, at least one.</param>
    /// <param name="device">Where the tensors go.</param>
    /// <returns>The batch. The caller owns it.</returns>
    public TokenBatch Inputs(IReadOnlyList<int> indices, Device device) => TokenBatch.Pad([.. indices.Select(Input)], device);

    /// <summary>
    /// The answers to some questions as labels, <c>[indices, tokens]</c>, int64, with <see cref="T5Model.IgnoredLabel"/> where an answer is shorter than the
    /// longest.
    /// </summary>
    /// <param name="indices">The positions of the questions, at least one.</param>
    /// <param name="device">Where the tensor goes.</param>
    /// <returns>The labels, <c>[indices, tokens]</c> of int64. The caller owns them.</returns>
    /// <exception cref="InvalidOperationException">An answer is hidden.</exception>
    public Tensor Labels(IReadOnlyList<int> indices, Device device)
    {
        using var batch = TokenBatch.Pad([.. indices.Select(Answer)], CPU);
        using var filling = batch.Mask.eq(0);
        return HostToDevice.Copy(batch.Ids.masked_fill(filling, T5Model.IgnoredLabel), device);
    }
}

/// <summary>The most tokens of a text, the end token among them.</summary>
public sealed record TextLengths
{
    /// <summary>The most tokens of a question with its options and context. Default 512, as T5 was trained.</summary>
    public int Input { get; init; } = 512;

    /// <summary>The most tokens of an answer, to learn from and to write. Default 64.</summary>
    public int Answer { get; init; } = 64;

    /// <summary>Checks both.</summary>
    /// <exception cref="ArgumentException">A length is below 1.</exception>
    public void Validate()
    {
        if (Input < 1 || Answer < 1) throw new ArgumentException($"The longest input ({Input}) and answer ({Answer}) must have at least 1 token.");
    }
}
