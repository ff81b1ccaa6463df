using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>
/// One way of adapting a base model to a few labelled samples. Where the task has a head of its own, as image classification has, all of them train it too.
/// </summary>
public interface ITuningMethod
{
    /// <summary>The name in tables and on the command line.</summary>
    string Name { get; }

    /// <summary>What the model computes at the start.</summary>
    StartingPoint Start { get; }

    /// <summary>Whether the method uses upstream modules.</summary>
    bool NeedsModules { get; }

    /// <summary>Whether the base model's own weights stay as they are, so that the result can be kept as an adapter and a head.</summary>
    bool KeepsBase { get; }

    /// <summary>The methods to train, of which the one that does best on the validation part is kept: this one, where there is nothing to choose.</summary>
    /// <param name="modules">The number of upstream modules.</param>
    /// <param name="options">The settings; a candidate is one choice of those that hold several.</param>
    /// <returns>At least one method.</returns>
    IReadOnlyList<ITuningMethod> Candidates(int modules, TuningOptions options) => [this];

    /// <summary>
    /// This method from each of the points that it can begin at, of which the one that does best on held-out samples before anything but a head has been fitted is
    /// trained: this one alone, where there is nothing to choose.
    /// </summary>
    /// <param name="modules">The number of upstream modules.</param>
    /// <returns>At least one method; the first is taken where nothing can be held out.</returns>
    IReadOnlyList<ITuningMethod> Starts(int modules) => [this];

    /// <summary>
    /// What is trained on given samples, for a method that searches in rounds: what it tries next depends on how it did before. This one, where there is nothing to
    /// search. It is asked once for each training, before the start is chosen.
    /// </summary>
    /// <param name="trials">What it may try.</param>
    /// <returns>The method to train, with what it needs.</returns>
    SearchOutcome Search(IMethodTrials trials) => new(this);

    /// <summary>Changes the learning rate that matters most to the method, for a search.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="factor">What to multiply the rate with, above 0.</param>
    /// <returns>The changed settings; the same ones where the method trains nothing.</returns>
    TuningOptions ScaleRate(TuningOptions options, double factor);

    /// <summary>Makes a model ready for this method.</summary>
    /// <param name="model">A fresh copy of the base model.</param>
    /// <param name="modules">The upstream modules.</param>
    /// <param name="options">The settings.</param>
    /// <param name="seed">The seed of random starts.</param>
    /// <returns>What trains. The caller owns it; disposing it takes out what was attached.</returns>
    /// <exception cref="AdapterMismatchException">A module does not fit the model.</exception>
    ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed);
}
