namespace LoraComposition.FewShot;

/// <summary>The control: an order drawn from the seed of the samples.</summary>
/// <remarks>It has no state of its own, so several threads may use it.</remarks>
public sealed class RandomChoice : IModuleChoice
{
    /// <inheritdoc/>
    public string Name => "random";

    /// <inheritdoc/>
    public IReadOnlyList<double> Score(IMethodTrials trials)
    {
        ArgumentNullException.ThrowIfNull(trials);
        int[] order = [.. Enumerable.Range(0, trials.Modules.Count)];
        new SeededRandom(RandomStream.ModuleChoice, trials.Seed).Shuffle(order);
        return [.. order.Select(place => (double)place)];
    }
}
