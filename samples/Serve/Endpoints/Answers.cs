using System.Text.Json.Serialization;
using LoraComposition.FewShot;

namespace Serve;

/// <summary>What is sent back of one picture: its classes, or why it was refused.</summary>
sealed record PictureAnswer(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ClassAnswer>? Classes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Refusal);

/// <summary>What is sent back of several pictures, in their order.</summary>
sealed record BatchAnswer(IReadOnlyList<PictureAnswer> Pictures);

/// <summary>The classes that the model tells apart.</summary>
sealed record ClassesAnswer(IReadOnlyList<string> Classes);

/// <summary>One class and its probability.</summary>
sealed record ClassAnswer(string Name, double Probability)
{
    public static IReadOnlyList<ClassAnswer> Of(IReadOnlyList<ClassProbability> classes) => [.. classes.Select(c => new ClassAnswer(c.ClassName, c.Probability))];
}
