namespace LoraComposition.Experiments;

/// <summary>A category whose words have an order that everyone agrees on.</summary>
/// <param name="Category">The words in their order.</param>
/// <param name="Singular">What one of them is called: "number".</param>
/// <param name="Least">What a question calls the beginning: "the smallest".</param>
/// <param name="Most">What a question calls the end: "the largest".</param>
/// <param name="Cyclic">Whether the first follows the last, as Monday does Sunday.</param>
internal sealed record OrderedScale(WordCategory Category, string Singular, string Least, string Most, bool Cyclic)
{
    public int Count => Category.Words.Count;

    /// <summary>Whether a position is on the scale; a cycle has no end.</summary>
    public bool Has(int position) => Cyclic || (uint)position < (uint)Count;

    public string At(int position) => Category.Words[(position % Count + Count) % Count];
}
