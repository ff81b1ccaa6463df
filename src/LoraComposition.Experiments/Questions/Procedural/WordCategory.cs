namespace LoraComposition.Experiments;

/// <summary>Words of one kind. No word is in two categories.</summary>
/// <param name="Plural">What the kind is called: "numbers".</param>
/// <param name="Words">The words; those of a scale in its order.</param>
internal sealed record WordCategory(string Plural, IReadOnlyList<string> Words);
