using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>A kind of question that a small grammar makes.</summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public abstract class ProceduralTask
{
    private protected ProceduralTask(string name, int number) => (Name, Number) = (name, number);

    /// <summary>The name of the task.</summary>
    public string Name { get; }

    /// <summary>The task's own random stream. Part of every recorded result: never reuse a number.</summary>
    internal int Number { get; }

    internal abstract QuestionDraft Draw(SeededRandom random);
}

/// <summary>The tasks of the embedded text benchmark.</summary>
public static class ProceduralTasks
{
    /// <summary>The tasks that modules are trained for: odd one out, comparison, membership.</summary>
    public static IReadOnlyList<ProceduralTask> Upstream { get; } = [new OddOneOut(), new Comparison(), new Membership()];

    /// <summary>The task to transfer to: sequence completion.</summary>
    public static ProceduralTask Downstream { get; } = new SequenceCompletion();

    /// <summary>
    /// The tasks that a model is pre-trained on, so that it can read questions, options and lists: neighbour, list position, counting, list recall.
    /// </summary>
    public static IReadOnlyList<ProceduralTask> PreTraining { get; } = [new Neighbour(), new ListPosition(), new Counting(), new ListRecall()];
}

/// <summary>A drawn question whose options have no order yet. Words stand between single spaces, punctuation too.</summary>
/// <param name="Question">The question.</param>
/// <param name="Answer">The one right answer.</param>
/// <param name="Distractors">The wrong answers, all different.</param>
internal sealed record QuestionDraft(string Question, string Answer, IReadOnlyList<string> Distractors);
