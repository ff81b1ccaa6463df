namespace LoraComposition.FewShot;

/// <summary>A composition that stays as it is and has no weight of each module's update. Owns the composition.</summary>
/// <param name="composition">The composition.</param>
/// <param name="notes">What to report of it.</param>
sealed class FrozenComposition(Composition composition, IReadOnlyDictionary<string, string> notes) : ITuning
{
    public IReadOnlyList<TrainableGroup> Trained => [];

    public LoraAdapter ToAdapter(string name) => composition.ToAdapter(name);

    public TuningFindings ToFindings() => new() { Notes = notes };

    public void Dispose() => composition.Dispose();
}
