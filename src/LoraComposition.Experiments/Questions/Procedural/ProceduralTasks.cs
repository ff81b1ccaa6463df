namespace LoraComposition.Experiments;

/// <summary>The tasks of the embedded text benchmark.</summary>
public static class ProceduralTasks
{
    /// <summary>The tasks that modules are trained for: odd one out, comparison, membership.</summary>
    public static IReadOnlyList<ProceduralTask> Upstream { get; } = [new OddOneOut(), new Comparison(), new Membership()];

    /// <summary>The task to transfer to: sequence completion.</summary>
    public static ProceduralTask Downstream { get; } = new SequenceCompletion();

    /// <summary>The tasks that a model is pre-trained on, so that it can read questions, options and lists: neighbour, list position, counting, list recall.</summary>
    public static IReadOnlyList<ProceduralTask> PreTraining { get; } = [new Neighbour(), new ListPosition(), new Counting(), new ListRecall()];
}
