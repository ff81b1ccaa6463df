using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>What the pictures of one kind of <see cref="ProceduralDataset"/> have in common.</summary>
/// <param name="Name">What the data set is called.</param>
/// <param name="Version">Names the formula; a change of any picture needs a new one.</param>
/// <param name="ClassCount">The number of classes there are.</param>
/// <param name="ClassName">Names the class of a number.</param>
/// <param name="Instances">The stream that instances are drawn from.</param>
internal sealed record ProceduralFormula(string Name, string Version, int ClassCount, Func<int, string> ClassName, RandomStream Instances);
