using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// Mean and scatter of the inputs of one layer, gathered batch by batch. They decide the linear CKA of any two updates of the layer, so the inputs themselves
/// need not be kept:
/// the memory is one <c>[in, in]</c> matrix in float64, for any number of samples.
/// </summary>
/// <remarks>Owns its tensors. Not thread-safe.</remarks>
public sealed class InputStatistics : IDisposable
{
    readonly Tensor mean, scatter;

    /// <summary>Starts without a sample.</summary>
    /// <param name="inFeatures">The width of the layer's input.</param>
    /// <param name="device">Where the sums lie; the CPU where not given.</param>
    /// <exception cref="ArgumentOutOfRangeException">The width is below 1.</exception>
    public InputStatistics(long inFeatures, Device? device = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inFeatures, 1);
        mean = zeros(inFeatures, ScalarType.Float64, device).DetachFromDisposeScope();
        scatter = zeros(inFeatures, inFeatures, ScalarType.Float64, device).DetachFromDisposeScope();
    }

    /// <summary>The number of samples so far.</summary>
    public long Count { get; private set; }

    /// <summary>The width of the layer's input.</summary>
    public long InFeatures => mean.shape[0];

    /// <summary>The sum over the samples of <c>(x − x̄)(x − x̄)ᵀ</c>, <c>[in, in]</c>, float64. Owned by this object; it changes with every batch.</summary>
    public Tensor Scatter => scatter;

    /// <summary>Counts a batch in. Every vector is a sample: of a sequence each token.</summary>
    /// <param name="input">The inputs, <c>[…, in]</c>. Not kept.</param>
    /// <exception cref="ArgumentException">The inputs have another width.</exception>
    public void Add(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.dim() == 0 || input.shape[^1] != InFeatures)
            throw new ArgumentException($"Expected inputs [*, {InFeatures}], found [{string.Join(", ", input.shape)}].", nameof(input));
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var samples = input.detach().reshape(-1, InFeatures).to(ScalarType.Float64, scatter.device);
        long added = samples.shape[0];
        if (added == 0) return;
        // Batches are merged around their own means (Chan and others, 1979): plain sums of squares lose digits where the mean is large.
        var batchMean = samples.mean([0]);
        var centred = samples.sub(batchMean);
        var shift = batchMean.sub(mean);
        double total = Count + added;
        scatter.add_(centred.t().matmul(centred)).add_(shift.outer(shift), Count * added / total);
        mean.add_(shift, added / total);
        Count += added;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        mean.Dispose();
        scatter.Dispose();
    }
}
