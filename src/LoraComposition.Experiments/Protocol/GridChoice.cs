using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>How one point of the grid did on the validation part.</summary>
/// <param name="Method">The method.</param>
/// <param name="Name">The point's name.</param>
/// <param name="Options">The point's settings.</param>
/// <param name="Accuracy">The mean score over K and seeds, 0 to 1.</param>
/// <param name="Loss">The mean loss.</param>
/// <param name="Chosen">Whether it is the method's best: the highest score, among equals the lowest loss.</param>
public sealed record GridChoice(ITuningMethod Method, string Name, TuningOptions Options, double Accuracy, double Loss, bool Chosen);
