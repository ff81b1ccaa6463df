namespace LoraComposition.FewShot.Methods;

/// <summary>The five methods of the paper's vision experiments.</summary>
public static class TuningMethods
{
    /// <summary>All of them, in the order of the tables.</summary>
    public static IReadOnlyList<ITuningMethod> All { get; } = [new ClassifierTuning(), new FullFineTuning(), new LoraFromScratch(), new UniformComposition(), new LearnedComposition()];

    /// <summary>Finds a method by its name.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <returns>The method, or null where there is none of that name.</returns>
    public static ITuningMethod? Find(string name) => All.FirstOrDefault(method => string.Equals(method.Name, name, StringComparison.OrdinalIgnoreCase));
}
