using LoraComposition.FewShot;

namespace LoraComposition.Experiments.Tests.Questions.Procedural;

/// <summary>Solves the questions of the embedded text benchmark from their words alone, with word lists of its own. Gives every option that fits.</summary>
internal static class IndependentSolver
{
    static readonly Dictionary<string, string[]> Kinds = new()
    {
        ["numbers"] = "one,two,three,four,five,six,seven,eight,nine,ten,eleven,twelve,thirteen,fourteen,fifteen,sixteen,seventeen,eighteen,nineteen,twenty".Split(','),
        ["days"] = "monday,tuesday,wednesday,thursday,friday,saturday,sunday".Split(','),
        ["months"] = "january,february,march,april,may,june,july,august,september,october,november,december".Split(','),
        ["animals"] = "ant,mouse,cat,goat,cow,elephant,whale".Split(','),
        ["colours"] = "black,blue,brown,green,pink,red,white,yellow".Split(','),
        ["fruits"] = "apple,banana,cherry,grape,lemon,mango,pear,plum".Split(','),
        ["clothes"] = "coat,glove,hat,scarf,shirt,shoe,skirt,sock".Split(','),
        ["tools"] = "axe,chisel,drill,hammer,rake,saw,shovel,wrench".Split(','),
        ["instruments"] = "cello,drum,flute,guitar,harp,piano,trumpet,violin".Split(','),
    };

    public static string[] Solve(MultipleChoiceQuestion question)
    {
        string[] words = question.Question.Split(' ');
        string[] options = [.. question.Options.Select(o => o.Text)];
        int colon = Array.IndexOf(words, ":");
        string[] list = colon < 0 ? [] : words[(colon + 1)..^1];
        bool Says(string text) => question.Question.Contains(text, StringComparison.Ordinal);

        if (Says("does not belong")) return [.. options.Where(o => options.Count(other => KindOf(other) == KindOf(o)) == 1)];
        if (Says("one of the")) return [.. options.Where(o => KindOf(o) == words[^2])];
        if (Says("comes next")) return [.. options.Where(o => Continues([.. list, o]))];
        if (Says("comes right")) return [.. options.Where(o => words[4] == "after" ? Follows(words[5], o) : Follows(o, words[5]))];
        if (Says("how many")) return [.. options.Where(o => o == Kinds["numbers"][list.Count(w => KindOf(w) == words[2]) - 1])];
        if (Says("in the list :") && words[3] == "the") return [.. options.Where(o => o == (words[4] == "last" ? list[^1] : list[Array.IndexOf(["first", "second", "third"], words[4])]))];
        if (Says("in the list :")) return [.. options.Where(list.Contains)];
        bool most = Says("largest") || Says("last");
        return [.. options.Where(o => options.All(other => other == o || (Place(o) > Place(other)) == most))];
    }

    static string KindOf(string word) => Kinds.Single(k => k.Value.Contains(word)).Key;

    static int Place(string word) => Array.IndexOf(Kinds[KindOf(word)], word);

    static bool Follows(string word, string next) => Step(word, next) == 1;

    /// <summary>How far it is from one word to another; round the cycle for days and months.</summary>
    static int Step(string word, string next)
    {
        string kind = KindOf(word);
        int step = Place(next) - Place(word);
        return kind is "days" or "months" ? (step + Kinds[kind].Length) % Kinds[kind].Length : step;
    }

    static bool Continues(string[] list) => list.Zip(list.Skip(1), Step).Distinct().Count() == 1;
}
