namespace LoraComposition.FewShot;

/// <summary>What a seeded draw is for: draws of different streams stay independent of each other under one seed.</summary>
/// <param name="Number">The stream's number. Numbers up to 999 are this library's; they are part of every recorded result.</param>
public readonly record struct RandomStream(int Number)
{
    /// <summary>The samples to learn from.</summary>
    public static RandomStream FewShot => new(1);

    /// <summary>The samples held out.</summary>
    public static RandomStream Validation => new(2);

    /// <summary>The order of the batches.</summary>
    public static RandomStream BatchOrder => new(3);

    /// <summary>The order of a question's options.</summary>
    public static RandomStream OptionOrder => new(6);

    /// <summary>A test part where the publisher has none.</summary>
    public static RandomStream TestPart => new(9);
}
