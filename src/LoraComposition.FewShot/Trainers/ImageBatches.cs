using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// The batches of a training set. Where it fits into a GPU it travels there once, as bytes; otherwise each batch travels, without the host waiting for it.
/// </summary>
/// <remarks>Owns its copy on the device, not the images. The images must outlive it.</remarks>
internal sealed class ImageBatches : IDisposable
{
    /// <summary>The bytes that may lie on a GPU beside the model: 14,000 images of 224 × 224.</summary>
    const long LargestOnGpu = 2L << 30;

    readonly PreprocessedImages images;
    readonly Device device;
    readonly ScalarType type;
    readonly ImageAugmentation augmentation;
    readonly SeededRandom random;
    readonly Dictionary<int, long> rowOf = [];
    readonly Tensor? pixels, labels;

    /// <param name="images">The images.</param>
    /// <param name="samples">The positions of the training set.</param>
    /// <param name="device">Where the batches go.</param>
    /// <param name="type">The type of the batches.</param>
    /// <param name="augmentation">How the pictures are changed.</param>
    /// <param name="seed">The seed of that.</param>
    public ImageBatches(PreprocessedImages images, IReadOnlyList<int> samples, Device device, ScalarType type,
        ImageAugmentation augmentation = ImageAugmentation.None, int seed = 0)
        : this(images, samples, device, type, device.type == DeviceType.CPU ? 0 : LargestOnGpu, augmentation, seed)
    {
    }

    /// <param name="images">The images.</param>
    /// <param name="samples">The positions of the training set.</param>
    /// <param name="device">Where the batches go.</param>
    /// <param name="type">The type of the batches.</param>
    /// <param name="largest">The most bytes of pixels to keep on the device.</param>
    /// <param name="augmentation">How the pictures are changed.</param>
    /// <param name="seed">The seed of that.</param>
    internal ImageBatches(PreprocessedImages images, IReadOnlyList<int> samples, Device device, ScalarType type, long largest,
        ImageAugmentation augmentation = ImageAugmentation.None, int seed = 0)
    {
        (this.images, this.device, this.type, this.augmentation) = (images, device, type, augmentation);
        random = new SeededRandom(RandomStream.Augmentation, seed);
        int[] distinct = [.. samples.Distinct()];
        if (distinct.Length == 0 || distinct.Length * images.BytesPerImage > largest) return;
        for (int row = 0; row < distinct.Length; row++) rowOf.Add(distinct[row], row);
        pixels = HostToDevice.Copy(images.Bytes(distinct), device).DetachFromDisposeScope();
        labels = images.Labels(distinct, device).DetachFromDisposeScope();
    }

    /// <summary>Whether the set lies on the device.</summary>
    public bool Preloaded => pixels is not null;

    /// <summary>A batch: pixels <c>[batch, 3, size, size]</c> and labels <c>[batch]</c>, int64. The caller owns both.</summary>
    public (Tensor Pixels, Tensor Labels) Take(int[] batch)
    {
        var (plain, chosen) = TakePlain(batch);
        return (PictureView.Apply(plain, DrawViews(batch.Length)), chosen);
    }

    /// <summary>How the pictures of the next batch are seen, where they are taken from elsewhere.</summary>
    public PictureView[] DrawViews(int pictures) => [.. Enumerable.Range(0, pictures).Select(_ => Draw())];

    /// <summary>The labels of a batch, <c>[batch]</c>, int64. The caller owns them.</summary>
    public Tensor Labels(int[] batch)
    {
        if (labels is null) return images.Labels(batch, device);
        using var rows = Rows(batch);
        return labels.index_select(0, rows);
    }

    /// <summary>Passes over the random numbers of so many pictures.</summary>
    public void Skip(int pictures)
    {
        for (int i = 0; i < pictures; i++) Draw();
    }

    PictureView Draw() => PictureView.Draw(augmentation, images.Preprocessing.Size, random);

    (Tensor Pixels, Tensor Labels) TakePlain(int[] batch)
    {
        if (pixels is null) return (images.Batch(batch, device, type), images.Labels(batch, device));
        using var rows = Rows(batch);
        using var bytes = pixels.index_select(0, rows);
        return (images.Normalised(bytes, type), labels!.index_select(0, rows));
    }

    Tensor Rows(int[] batch) => HostToDevice.Copy(tensor(batch.Select(i => rowOf[i]).ToArray()), device);

    public void Dispose()
    {
        pixels?.Dispose();
        labels?.Dispose();
    }
}
