using System.Text.Json.Serialization;
using LoraComposition.FewShot;

namespace Serve;

/// <summary>What is sent back of one picture or text: its classes, or why it was refused.</summary>
sealed record SampleAnswer(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ClassAnswer>? Classes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Refusal);

/// <summary>What is sent back of several pictures, in their order.</summary>
sealed record PicturesAnswer(IReadOnlyList<SampleAnswer> Pictures);

/// <summary>What is sent back of several texts, in their order.</summary>
sealed record TextsAnswer(IReadOnlyList<SampleAnswer> Texts);

/// <summary>What the model takes, <c>pictures</c> or <c>texts</c>, and the classes that it tells apart; none where each question brings its choices.</summary>
sealed record ClassesAnswer(string Takes, IReadOnlyList<string> Classes);

/// <summary>One class and its probability.</summary>
sealed record ClassAnswer(string Name, double Probability)
{
    public static IReadOnlyList<ClassAnswer> Of(IReadOnlyList<ClassProbability> classes) => [.. classes.Select(c => new ClassAnswer(c.ClassName, c.Probability))];
}
