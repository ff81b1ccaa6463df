namespace LoraComposition.Experiments;

/// <summary>The hashes of what a run reads, by the names under which every result records them.</summary>
internal static class RunInputs
{
    public static IReadOnlyDictionary<string, string> Of(string baseModel, string train, string? test)
    {
        var inputs = new Dictionary<string, string> { ["foundation"] = baseModel, ["train"] = train };
        if (test is not null) inputs["test"] = test;
        return inputs;
    }
}
