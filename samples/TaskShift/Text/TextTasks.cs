using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace TaskShift.Text;

/// <summary>The tasks of the experiment.</summary>
/// <param name="Upstream">Those that modules are trained for.</param>
/// <param name="Downstream">The one that is learned from few questions.</param>
/// <param name="Remarks">What a reader of the results must know of the data.</param>
sealed record TextTasks(IReadOnlyList<TextTask> Upstream, TextTask Downstream, IReadOnlyList<string> Remarks);
