using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Which word stands at a given place of a list?</summary>
internal sealed class ListPosition() : ProceduralTask("list-position", 6)
{
    static readonly string[] places = ["first", "second", "third", "last"];

    internal override QuestionDraft Draw(SeededRandom random)
    {
        string[] list = random.Pick(Lexicon.Words, 4);
        int place = random.Next(4);
        return new($"which word is the {places[place]} in the list : {string.Join(' ', list)} ?", list[place], [.. list.Where((_, i) => i != place)]);
    }
}
