namespace LoraComposition.FewShot;

/// <summary>How many images of one class were used.</summary>
/// <param name="Name">The class.</param>
/// <param name="Shots">The images learned from: K, or all where the class has fewer.</param>
/// <param name="Validation">The images held out.</param>
public sealed record ClassSamples(string Name, int Shots, int Validation);
