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
