using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>
/// Fisher merging (arXiv:2111.09832): the modules' updates averaged entry by entry, each weighed by the Fisher information of its own task, which lies beside it
/// (<see cref="FisherFile"/>); the head trains over it.
/// </summary>
/// <remarks>The modules must have been read from folders. It has no state of its own, so several threads may use it.</remarks>
public sealed class FisherComposition : ITuningMethod
{
    /// <inheritdoc/>
    public string Name => "fisher";

    /// <summary>The mean of the modules; in a training the Fisher mean.</summary>
    public StartingPoint Start => StartingPoint.UniformComposition;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <summary>Opens the Fisher information of each module.</summary>
    /// <param name="trials">The training.</param>
    /// <returns>The Fisher mean; the files stay open as long as its trained model lives.</returns>
    /// <exception cref="ModelFileException">A module has none beside it, or one of other weights; the message says how to make it.</exception>
    /// <exception cref="ArgumentException">A module was made in memory.</exception>
    public SearchOutcome Search(IMethodTrials trials)
    {
        ArgumentNullException.ThrowIfNull(trials);
        var files = new OpenDiagonals();
        try
        {
            foreach (var module in trials.Modules) files.Add(FisherFile.Open(module));
            return new(new MergedComposition(new FisherMerge(files))) { Kept = files };
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => ClassifierTuning.ScaleHeadRates(options, factor);

    /// <summary>Is refused: the files must stay open as long as the trained model lives, so train with a trainer.</summary>
    /// <param name="model">Passed over.</param>
    /// <param name="modules">Passed over.</param>
    /// <param name="options">Passed over.</param>
    /// <param name="seed">Passed over.</param>
    /// <returns>Nothing, so the caller owns nothing.</returns>
    /// <exception cref="NotSupportedException">Always.</exception>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed) =>
        throw new NotSupportedException($"Method '{Name}' opens files that must outlive the training; train it with a trainer.");

    sealed class OpenDiagonals : List<FisherFile>, IDisposable
    {
        public void Dispose() => ForEach(file => file.Dispose());
    }
}
