namespace LoraComposition.FewShot;

/// <summary>A picture or a text that cannot be used and was left out.</summary>
/// <param name="Part">The part of the data: train, validation or test.</param>
/// <param name="Path">The picture's file, from the folder of that part; of a text its file and line, as <c>texts.jsonl:12</c>.</param>
/// <param name="Reason">Why it cannot be used.</param>
public sealed record SkippedSample(string Part, string Path, string Reason)
{
    const int MostNames = 10;

    /// <summary>What is called so where several parts are told of.</summary>
    internal string Name => Part == "train" ? Path : $"{Part}/{Path}";

    /// <summary>The names of all, and why the first cannot be used.</summary>
    /// <param name="all">At least one.</param>
    internal static (string Names, string First) Told(IReadOnlyList<SkippedSample> all) =>
        (NameList.Listed([.. all.Select(sample => sample.Name)], MostNames), $"{all[0].Name}: {all[0].Reason}");
}
