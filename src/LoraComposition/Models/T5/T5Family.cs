namespace LoraComposition.Models;

/// <summary>The members of T5's family. They are the same blocks; <see cref="T5Config.Of"/> has what sets each apart.</summary>
public enum T5Family
{
    /// <summary>T5 1.0 and 1.1 (arXiv:1910.10683), Flan-T5.</summary>
    T5,

    /// <summary>mT5 (arXiv:2010.11934): T5 1.1 with a vocabulary of a hundred languages.</summary>
    Mt5,

    /// <summary>UMT5 (arXiv:2304.09151): as mT5, and every block of encoder and decoder has a table of relative positions of its own.</summary>
    Umt5,
}

/// <summary>All that sets a member of T5's family apart. Everything else is the same, with other sizes.</summary>
/// <param name="ModelType">What transformers' configurations call it.</param>
/// <param name="Architecture">The class of transformers.</param>
/// <param name="Defaults">What the configuration need not say, and what <see cref="T5Config.Of"/> gives.</param>
internal sealed record T5Variant(string ModelType, string Architecture, T5Config Defaults)
{
    static readonly T5Config multilingual = new()
    {
        VocabularySize = 250112,
        EncoderLayerCount = 8,
        DecoderLayerCount = 8,
        HeadCount = 6,
        IntermediateSize = 1024,
        FeedForward = T5FeedForwardKind.GatedGelu,
    };

    static readonly T5Variant[] all =
    [
        new("t5", "T5ForConditionalGeneration", new T5Config()),
        new("mt5", "MT5ForConditionalGeneration", multilingual with { Family = T5Family.Mt5, TiedHead = false, ScaledHead = false }) { ScalesTiedHead = false },
        new("umt5", "UMT5ForConditionalGeneration", multilingual with { Family = T5Family.Umt5 }) { HasPositionsInEveryBlock = true },
    ];

    /// <summary>What the configurations of the whole family are called.</summary>
    public static IEnumerable<string> ModelTypes => all.Select(variant => variant.ModelType);

    /// <summary>Whether each block has its own table of relative positions. Default false: that of the first serves all blocks of its stack.</summary>
    public bool HasPositionsInEveryBlock { get; init; }

    /// <summary>
    /// Whether transformers 5 scales the states in front of a tied head where the configuration does not say it. Default true. Transformers 4 does for all, and
    /// dropped it for mT5.
    /// </summary>
    public bool ScalesTiedHead { get; init; } = true;

    /// <summary>The variant of a member.</summary>
    public static T5Variant Of(T5Family family) => all[(int)family];

    /// <summary>The variant that a configuration names; null for another model.</summary>
    public static T5Variant? Named(string modelType) => Array.Find(all, variant => variant.ModelType == modelType);
}
