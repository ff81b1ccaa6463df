using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Which of four words is in a list?</summary>
internal sealed class ListRecall() : ProceduralTask("list-recall", 8)
{
    internal override QuestionDraft Draw(SeededRandom random)
    {
        string[] words = random.Pick(Lexicon.Words, 7);
        return new($"which word is in the list : {string.Join(' ', words[..4])} ?", words[random.Next(4)], words[4..]);
    }
}
