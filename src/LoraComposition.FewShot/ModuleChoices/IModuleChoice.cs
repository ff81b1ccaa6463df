namespace LoraComposition.FewShot;

/// <summary>
/// A way to say which of many modules suit a task, before any of them is composed: <see cref="FewShotTrainer{TModel}.ChooseModules"/> ranks them by it.
/// </summary>
public interface IModuleChoice
{
    /// <summary>The name in tables.</summary>
    string Name { get; }

    /// <summary>Scores every module on the samples.</summary>
    /// <param name="trials">What may be tried.</param>
    /// <returns>A number for each module, in their order; the larger, the better it suits.</returns>
    /// <exception cref="AdapterMismatchException">A module does not fit the model.</exception>
    /// <exception cref="NotSupportedException">The kind of task has not what is compared.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    IReadOnlyList<double> Score(IMethodTrials trials);
}

/// <summary>A module and how well it suits.</summary>
/// <param name="Module">Its position among all, from 0.</param>
/// <param name="Name">Its name.</param>
/// <param name="Score">The larger, the better.</param>
public sealed record RankedModule(int Module, string Name, double Score);
