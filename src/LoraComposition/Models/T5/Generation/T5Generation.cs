using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Generates texts with a T5, whatever is attached to it.</summary>
public static class T5Generation
{
    /// <summary>
    /// Generates a continuation of the decoder's start for each text of a batch: greedily, or by beam search where the options ask for several beams. Each
    /// text is encoded once, each token computed once. For a composition call <see cref="Composition.FixWeights"/> first: every step then costs what the plain
    /// model's does.
    /// </summary>
    /// <param name="model">The model. It is in evaluation mode meanwhile.</param>
    /// <param name="ids">The texts, <c>[batch, tokens]</c> of int64, on the model's device. Not owned.</param>
    /// <param name="mask"><c>[batch, tokens]</c>, 0 for filling; null where all tokens count. Not owned.</param>
    /// <param name="options">How to generate; greedily, 64 tokens at most, where not given.</param>
    /// <param name="progress">Is told how many of the texts are finished.</param>
    /// <param name="cancellation">Stops the generation between two tokens.</param>
    /// <returns>What was generated for each text, in their order.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, an index lies outside the vocabulary, or an option is out of range.</exception>
    /// <exception cref="NonFiniteException">The model gives NaN.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="OperationCanceledException">The generation was stopped.</exception>
    public static IReadOnlyList<GenerationResult> Generate(this T5Model model, Tensor ids, Tensor? mask = null, GenerationOptions? options = null,
        IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(ids);
        options ??= new GenerationOptions();
        options.Validate();
        cancellation.ThrowIfCancellationRequested();
        using var evaluation = new EvaluationMode(model);
        using var scope = NewDisposeScope();
        var states = model.Encode(ids, mask);
        using INextTokens next = options.UseCache ? new CachedNextTokens(model, model.StartDecoding(states, mask)) : new UncachedNextTokens(model, states, mask);
        var (inputs, start, end) = ((int)ids.shape[0], model.Config.DecoderStartTokenId, model.Config.EndTokenId);
        return options.Beams == 1
            ? GreedySearch.Run(next, inputs, start, end, options, ids.device, progress, cancellation)
            : BeamSearch.Run(next, inputs, start, end, options, ids.device, progress, cancellation);
    }
}
