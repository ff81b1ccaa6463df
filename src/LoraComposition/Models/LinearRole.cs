namespace LoraComposition.Models;

/// <summary>What a linear layer does in a transformer.</summary>
public enum LinearRole
{
    /// <summary>The query projection of attention.</summary>
    Query,

    /// <summary>The key projection of attention.</summary>
    Key,

    /// <summary>The value projection of attention.</summary>
    Value,

    /// <summary>The output projection of attention.</summary>
    Output,

    /// <summary>The layer that enters the feed-forward part.</summary>
    FeedForwardIn,

    /// <summary>The layer that leaves the feed-forward part.</summary>
    FeedForwardOut,

    /// <summary>The second layer that enters a gated feed-forward part: its output, after the activation, is multiplied with the first one's.</summary>
    FeedForwardGate,

    /// <summary>The layer after the last block: a classifier, or a language model's head. It is adapted only where it is asked for by name.</summary>
    Head,
}
