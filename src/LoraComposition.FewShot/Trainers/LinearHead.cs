using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>A linear head: weight <c>[classes, d]</c>, bias <c>[classes]</c>, float64.</summary>
sealed record LinearHead(Tensor Weight, Tensor Bias) : IDisposable
{
    /// <summary>Accuracy and mean cross-entropy on the plain images.</summary>
    public ValidationScore Score(ImageFeatures features)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var plain = features.Plain();
        var logits = nn.functional.linear(plain.Values.to(Weight.dtype), Weight, Bias);   // [images, classes]
        return new ValidationScore((double)logits.argmax(1).eq(plain.Labels).sum().item<long>() / plain.Images,
            nn.functional.cross_entropy(logits, plain.Labels).item<double>());
    }

    /// <summary>Makes it a model's head.</summary>
    public void CopyTo(IClassifierModel model)
    {
        using var noGrad = no_grad();
        model.Classifier!.weight!.copy_(Weight);
        model.Classifier.bias!.copy_(Bias);
    }

    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
    }
}

/// <summary>Features that a frozen model gave for some images: <see cref="Copies"/> of each image stand one after the other, the plain one first.</summary>
/// <param name="Values">The features, <c>[images · copies, d]</c>, float32.</param>
/// <param name="Labels">The label of each image, <c>[images]</c>, int64.</param>
/// <param name="Copies">The augmented copies of an image, the plain one among them.</param>
sealed record ImageFeatures(Tensor Values, Tensor Labels, int Copies) : IDisposable
{
    public long Images => Labels.shape[0];

    /// <summary>Some of the images with all their copies. The caller owns them.</summary>
    public ImageFeatures Take(IReadOnlyList<int> images)
    {
        using var scope = NewDisposeScope();
        var rows = tensor(images.SelectMany(i => Enumerable.Range(i * Copies, Copies)).Select(row => (long)row).ToArray(), device: Values.device);
        var chosen = tensor(images.Select(i => (long)i).ToArray(), device: Values.device);
        return new ImageFeatures(Values.index_select(0, rows).MoveToOuterDisposeScope(), Labels.index_select(0, chosen).MoveToOuterDisposeScope(), Copies);
    }

    /// <summary>Whether every number is finite.</summary>
    public bool AreFinite()
    {
        using var scope = NewDisposeScope();
        return Values.isfinite().all().item<bool>();
    }

    /// <summary>Without the augmented copies. The caller owns them.</summary>
    public ImageFeatures Plain() => new(Values[TensorIndex.Slice(0, null, Copies)].clone(), Labels.clone(), 1);

    public void Dispose()
    {
        Values.Dispose();
        Labels.Dispose();
    }
}
