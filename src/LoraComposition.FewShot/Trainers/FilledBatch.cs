using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>Batches of one size, filled up where need be: products of other sizes round otherwise, and what is kept would depend on what was asked for before it.</summary>
internal static class FilledBatch
{
    /// <summary>The pixels of some pictures, and of the last one again until the batch is full.</summary>
    /// <param name="images">The pictures.</param>
    /// <param name="batch">Their positions, at least one.</param>
    /// <param name="views">How each of them is seen.</param>
    /// <param name="size">The size of all batches.</param>
    /// <param name="place">The type of the pixels and where they go.</param>
    /// <returns><c>[size, 3, side, side]</c>. The caller owns them.</returns>
    public static Tensor Pixels(PreprocessedImages images, IReadOnlyList<int> batch, IReadOnlyList<PictureView> views, int size, (ScalarType Type, Device Device) place)
    {
        int missing = size - batch.Count;
        return PictureView.Apply(images.Batch([.. batch, .. Enumerable.Repeat(batch[^1], missing)], place.Device, place.Type), [.. views, .. Enumerable.Repeat(views[^1], missing)]);
    }
}
