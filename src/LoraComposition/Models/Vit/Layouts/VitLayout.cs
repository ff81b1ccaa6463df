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

    /// <summary>The classifier.</summary>
    public abstract TensorSource Head { get; }

    /// <summary>Tensors that checkpoints may hold and classification does not use.</summary>
    public abstract IReadOnlyCollection<string> Unused { get; }

    /// <summary>The norm in front of a block's attention.</summary>
    public abstract TensorSource NormBefore(int block);

    /// <summary>The norm after a block's attention.</summary>
    public abstract TensorSource NormAfter(int block);

    /// <summary>A linear layer of a block.</summary>
    public abstract TensorSource Layer(int block, LinearRole role);
}
