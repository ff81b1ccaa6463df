using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

// What the model computes, whole and in parts.
public sealed partial class VisionTransformer
{
    /// <summary>Classifies images.</summary>
    /// <param name="input">Preprocessed pixels <c>[batch, channels, side, side]</c>.</param>
    /// <returns>The logits, <c>[batch, classes]</c>. The caller owns them.</returns>
    /// <exception cref="InvalidOperationException">The model has no head.</exception>
    /// <exception cref="ArgumentException">The pixels have another shape, or are not of the type of the model's parameters.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        using var pass = WeightGroup.ModelPass.Begin();
        return Classify(Features(input)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// What the head reads: of a ViT and a DeiT the class token after the last norm, with distillation both tokens; of DINOv2 the class token and the mean of the
    /// patches; of CLIP the projected class token (its <c>image_embeds</c>), of SigLIP what its attention pools, and of a classifier of theirs as transformers has it the
    /// mean of the patches. The last block is computed for the tokens that are read alone.
    /// </summary>
    /// <param name="input">Preprocessed pixels <c>[batch, channels, side, side]</c>.</param>
    /// <returns><c>[batch, features]</c>, the width being <see cref="VitConfig.FeatureSize"/>. The caller owns them.</returns>
    /// <exception cref="ArgumentException">The pixels have another shape, or are not of the type of the model's parameters.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Tensor Features(Tensor input)
    {
        using var scope = NewDisposeScope();
        using var pass = WeightGroup.ModelPass.Begin();
        return Read(Embed(input), 0).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// How many of the first blocks, the embeddings before them included, have nothing attached and no parameter that trains: what they give for a picture stays
    /// the same while others train, and can be kept (<see cref="HiddenState"/>, <see cref="FeaturesFrom"/>). The last block never counts. -1 where the embeddings train.
    /// </summary>
    public int FrozenBlocks => embeddings.parameters().Any(parameter => parameter.requires_grad) ? -1
        : blocks.Take(blocks.Count - 1).TakeWhile(block => !block.parameters().Any(parameter => parameter.requires_grad) && !block.modules().OfType<AdaptedLinear>().Any()).Count();

    /// <summary>The hidden state behind some of the first blocks.</summary>
    /// <param name="input">Preprocessed pixels <c>[batch, channels, side, side]</c>.</param>
    /// <param name="blocks">How many blocks, fewer than there are; 0: the embeddings.</param>
    /// <returns><c>[batch, tokens, d]</c>. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The pixels have another shape, or are not of the type of the model's parameters.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are not as many blocks.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Tensor HiddenState(Tensor input, int blocks)
    {
        CheckBlocks(blocks);
        using var scope = NewDisposeScope();
        using var pass = WeightGroup.ModelPass.Begin();
        var hidden = Embed(input);
        for (int i = 0; i < blocks; i++) hidden = this.blocks[i].call(hidden);
        return hidden.MoveToOuterDisposeScope();
    }

    /// <summary>What the head reads (<see cref="Features"/>), from where <see cref="HiddenState"/> stopped.</summary>
    /// <param name="hidden">The hidden state behind some of the first blocks, <c>[batch, tokens, d]</c>.</param>
    /// <param name="blocks">How many blocks it has behind it.</param>
    /// <returns><c>[batch, features]</c>. The caller owns them.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are not as many blocks.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Tensor FeaturesFrom(Tensor hidden, int blocks)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(hidden);
        CheckBlocks(blocks);
        using var scope = NewDisposeScope();
        using var pass = WeightGroup.ModelPass.Begin();
        return Read(hidden, blocks).MoveToOuterDisposeScope();
    }

    Tensor Read(Tensor hidden, int first)
    {
        for (int i = first; i < blocks.Count - 1; i++) hidden = blocks[i].call(hidden);
        hidden = Config.Parts.TokensRead is { } count ? blocks[^1].ForwardFirst(hidden, count) : blocks[^1].call(hidden);
        return VitReadout.Features(Config.Parts, hidden, norm, attention_pool, projection);
    }

    void CheckBlocks(int blocks)
    {
        int count = this.blocks.Count;
        if (blocks < 0 || blocks >= count) throw new ArgumentOutOfRangeException(nameof(blocks), blocks, $"Expected 0 to {count - 1} blocks of a model that has {count}.");
    }

    /// <summary>Applies the head to features.</summary>
    /// <param name="features"><c>[batch, features]</c>.</param>
    /// <returns>The logits, <c>[batch, classes]</c>. The caller owns them.</returns>
    /// <exception cref="InvalidOperationException">The model has no head.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Tensor Classify(Tensor features)
    {
        ThrowIfDisposed();
        var head = Classifier ?? throw new InvalidOperationException("The model has no head; give it one with ResetHead.");
        using var scope = NewDisposeScope();
        return classifier!.call(features.to(head.weight!.dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>Every hidden state: the embeddings, then each block's output. The last norm is not applied.</summary>
    /// <param name="input">Preprocessed pixels <c>[batch, channels, side, side]</c>.</param>
    /// <returns>One tensor <c>[batch, tokens, d]</c> more than there are blocks. The caller owns them.</returns>
    /// <exception cref="ArgumentException">The pixels have another shape, or are not of the type of the model's parameters.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IReadOnlyList<Tensor> HiddenStates(Tensor input)
    {
        using var pass = WeightGroup.ModelPass.Begin();
        var states = new List<Tensor> { Embed(input) };
        foreach (var block in blocks) states.Add(block.call(states[^1]));
        return states;
    }

    Tensor Embed(Tensor input)
    {
        ThrowIfDisposed();
        embeddings.CheckPixels(input, Config);
        return embeddings.call(input);
    }
}
