using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>One task: questions to learn from, with a validation part held out of them, and questions to test on.</summary>
/// <param name="Name">What the task is called, for files and tables.</param>
/// <param name="Train">The questions that training and validation are drawn from.</param>
/// <param name="Pool">The positions in <paramref name="Train"/> that may be learned from.</param>
/// <param name="Validation">The positions in <paramref name="Train"/> held out for early stopping.</param>
/// <param name="Test">The questions to test on, all of them; null for a task that is only learned from.</param>
public sealed record TextTask(string Name, TokenizedQuestions Train, IReadOnlyList<int> Pool, IReadOnlyList<int> Validation, TokenizedQuestions? Test)
{
    /// <summary>What decides the task's results, by camelCase names.</summary>
    internal object Configuration => new
    {
        name = Name,
        train = Train.Dataset.Fingerprint,
        test = Test?.Dataset.Fingerprint,
        template = Train.Template.Name,
        lengths = Train.Lengths,
        pool = ConfigurationHash.Of(Pool),
        validation = ConfigurationHash.Of(Validation),
    };
}
