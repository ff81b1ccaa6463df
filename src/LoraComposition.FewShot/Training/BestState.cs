using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>The state of the parameters at the best check so far.</summary>
internal sealed class BestState(IReadOnlyList<Parameter> parameters, StoppingCriterion criterion) : IDisposable
{
    Tensor[] kept = [];

    public ValidationScore? Score { get; private set; }

    public int Step { get; private set; }

    /// <summary>The kept state; empty where none was offered. Owned by this object.</summary>
    public IReadOnlyList<Tensor> Kept => kept;

    /// <summary>Takes over a state from before; copied.</summary>
    public void Put(int step, ValidationScore score, IReadOnlyList<Tensor> state)
    {
        (Score, Step) = (score, step);
        foreach (var tensor in kept) tensor.Dispose();
        kept = [.. state.Select(tensor => tensor.clone().DetachFromDisposeScope())];
    }

    /// <summary>Keeps the present state if it is the best.</summary>
    /// <returns>Whether it is.</returns>
    public bool Offer(int step, ValidationScore score)
    {
        if (Score is { } best && !score.IsBetterThan(best, criterion)) return false;
        (Score, Step) = (score, step);
        using var noGrad = no_grad();
        if (kept.Length == 0) kept = parameters.Select(p => p.clone().DetachFromDisposeScope()).ToArray();
        else for (int i = 0; i < kept.Length; i++) kept[i].copy_(parameters[i]);
        return true;
    }

    /// <summary>Puts the best state back into the parameters.</summary>
    public void Restore()
    {
        using var noGrad = no_grad();
        for (int i = 0; i < kept.Length; i++) parameters[i].copy_(kept[i]);
    }

    public void Dispose()
    {
        foreach (var tensor in kept) tensor.Dispose();
    }
}
