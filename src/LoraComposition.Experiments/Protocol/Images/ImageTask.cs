using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>One task: images to learn from, with a validation part held out of them, and images to test on.</summary>
/// <param name="Name">What the task is called, for files and tables.</param>
/// <param name="Train">The images that training and validation are drawn from. Not owned.</param>
/// <param name="Pool">The positions in <paramref name="Train"/> that may be learned from.</param>
/// <param name="Validation">The positions in <paramref name="Train"/> held out for early stopping.</param>
/// <param name="Test">The images to test on, all of them; null for a task that is only learned from. Not owned.</param>
public sealed record ImageTask(string Name, PreprocessedImages Train, IReadOnlyList<int> Pool, IReadOnlyList<int> Validation, PreprocessedImages? Test)
{
    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> ClassNames => Train.Dataset.ClassNames;
}
