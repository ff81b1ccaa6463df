namespace LoraComposition.Models;

/// <summary>How a checkpoint names the parts of a ViT: for each parameter the tensor, or the part of one, that holds it.</summary>
internal abstract record VitLayout
{
    public abstract TensorSource ClassToken { get; }

    public abstract TensorSource Positions { get; }

    /// <summary>The convolution that projects the patches.</summary>
    public abstract TensorSource Patches { get; }

    /// <summary>The norm after the last block.</summary>
    public abstract TensorSource LastNorm { get; }

    /// <summary>The classifier; where there are two, that of the class token.</summary>
    public abstract TensorSource Head { get; }

    /// <summary>Tensors that checkpoints may hold and classification does not use.</summary>
    public abstract IReadOnlyCollection<string> Unused { get; }

    public virtual TensorSource DistillationToken => throw Missing();

    /// <summary>The classifier of the distillation token.</summary>
    public virtual TensorSource DistillationHead => throw Missing();

    public virtual TensorSource Registers => throw Missing();

    public virtual TensorSource NormBeforeBlocks => throw Missing();

    /// <summary>The layer that brings the features to another width.</summary>
    public virtual TensorSource Projection => throw Missing();

    public virtual AttentionPoolLayout AttentionPool => throw Missing();

    /// <summary>What the checkpoint lacks in front of its tensors' names to have a head beside them, as transformers reads it.</summary>
    public virtual string FrontForHead => "";

    /// <summary>The same layout with that in front.</summary>
    public virtual VitLayout WithFront => this;

    /// <summary>Whether a tensor is one that classification does not use.</summary>
    public virtual bool IsUnused(string name) => Unused.Contains(name);

    /// <summary>The norm in front of a block's attention.</summary>
    public abstract TensorSource NormBefore(int block);

    /// <summary>The norm after a block's attention.</summary>
    public abstract TensorSource NormAfter(int block);

    /// <summary>A linear layer of a block.</summary>
    public abstract TensorSource Layer(int block, LinearRole role);

    /// <summary>What scales a block's attention.</summary>
    public virtual TensorSource AttentionScale(int block) => throw Missing();

    /// <summary>What scales a block's feed-forward part.</summary>
    public virtual TensorSource FeedForwardScale(int block) => throw Missing();

    protected static ArgumentOutOfRangeException NoSuchLayer(LinearRole role) => new(nameof(role), role, "A block has no such layer.");

    NotSupportedException Missing() => new($"A {GetType().Name} has no such part.");
}

/// <summary>What the parts of an attention pool are called.</summary>
internal sealed record AttentionPoolLayout(TensorSource Probe, TensorSource Query, TensorSource Key, TensorSource Value, TensorSource Output, TensorSource Norm,
    TensorSource FeedForwardIn, TensorSource FeedForwardOut);
