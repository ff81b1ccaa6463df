using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>A data set as a model sees it. Each picture is decoded and resized once, when first needed, and kept as <c>3 · size²</c> bytes.</summary>
/// <remarks>
/// Owns its pictures and two small tensors, not the data set. <see cref="Prepare"/> and <see cref="Labels"/> may be called from several threads;
/// <see cref="Batch"/> and <see cref="Dispose"/> belong to one thread.
/// </remarks>
public sealed class PreprocessedImages : IDisposable
{
    const int MostNames = 10;

    readonly byte[]?[] planes;
    readonly string?[] hashes;
    readonly int[] sides;   // the smaller side of each picture as it was, 0 where it is not ready yet
    Tensor? scale;
    Tensor? shift;
    bool disposed;

    /// <summary>Sets the pictures up. None is decoded yet.</summary>
    /// <param name="dataset">The pictures.</param>
    /// <param name="preprocessing">What is done to them.</param>
    /// <exception cref="ArgumentException">The preprocessing has a setting that cannot be worked with.</exception>
    public PreprocessedImages(ImageDataset dataset, ImagePreprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(preprocessing);
        preprocessing.Validate();
        (Dataset, Preprocessing) = (dataset, preprocessing);
        (planes, hashes, sides) = (new byte[]?[dataset.Count], new string?[dataset.Count], new int[dataset.Count]);
    }

    /// <summary>The pictures as they are. Not owned.</summary>
    public ImageDataset Dataset { get; }

    /// <summary>What is done to them.</summary>
    public ImagePreprocessing Preprocessing { get; }

    /// <summary>Decodes and resizes pictures on all cores, those that are not ready yet.</summary>
    /// <param name="indices">The positions in the data set.</param>
    /// <param name="progress">Is told each picture that is ready, on several threads.</param>
    /// <param name="cancellation">Stops the work; what is ready stays.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not one of the data set.</exception>
    /// <exception cref="DataException">Pictures are damaged, or are not resized and have the wrong size; the message counts and names them.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    /// <exception cref="ObjectDisposedException">The pictures were let go of.</exception>
    public void Prepare(IReadOnlyList<int> indices, IProgressTask? progress = null, CancellationToken cancellation = default)
    {
        var damaged = PrepareWhole(indices, progress, cancellation);
        if (damaged.Count == 1) ExceptionDispatchInfo.Throw(damaged.Values.First());
        if (damaged.Count > 1)
            throw new DataException(Dataset.Name, $"{damaged.Count} pictures cannot be read: {NameList.Listed([.. damaged.Keys.Select(NameOf)], MostNames)}; replace or remove them. "
                + $"{NameOf(damaged.Keys.First())}: {damaged.Values.First().Reason}", damaged.Values.First());
    }

    /// <summary>As <see cref="Prepare"/>, but says what is damaged instead of refusing it.</summary>
    /// <returns>Why each damaged picture cannot be used, by its position, ascending.</returns>
    internal IReadOnlyDictionary<int, DataException> PrepareWhole(IReadOnlyList<int> indices, IProgressTask? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(indices);
        ObjectDisposedException.ThrowIf(disposed, this);
        foreach (int index in indices) CheckIndex(index);
        var damaged = new ConcurrentDictionary<int, DataException>();
        try
        {
            Parallel.For(0, indices.Count, new ParallelOptions { CancellationToken = cancellation }, i =>
            {
                try
                {
                    planes[indices[i]] ??= Planes(indices[i]);
                }
                catch (DataException e)
                {
                    damaged[indices[i]] = e;
                }
                progress?.Advance();
            });
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
        return new SortedDictionary<int, DataException>(damaged);
    }

    /// <summary>Collects pictures into one normalised tensor; those that are not ready yet are made ready.</summary>
    /// <param name="indices">The positions in the data set, at least one; repetitions are allowed.</param>
    /// <param name="device">Where the tensor goes; the bytes travel and are normalised there.</param>
    /// <param name="type">The floating-point type of the tensor. The arithmetic is in float32.</param>
    /// <returns>The pictures, <c>[indices, 3, size, size]</c>. The caller owns it.</returns>
    /// <exception cref="ArgumentException">There are no indices, or the type is not a floating-point type.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index is not one of the data set.</exception>
    /// <exception cref="DataException">A picture is damaged, or is not resized and has the wrong size; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">The pictures were let go of.</exception>
    public Tensor Batch(ReadOnlySpan<int> indices, Device device, ScalarType type = ScalarType.Float32)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        ArgumentNullException.ThrowIfNull(device);
        if (indices.IsEmpty) throw new ArgumentException("A batch needs at least one picture.", nameof(indices));
        if (!is_floating_point(type)) throw new ArgumentException($"The type of a batch must be a floating-point type, found {type}.", nameof(type));
        using var bytes = HostToDevice.Copy(Bytes(indices), device);
        return Normalised(bytes, type);
    }

    /// <summary>Normalises the bytes of pictures where they lie. The caller owns the result, <c>[pictures, 3, size, size]</c>.</summary>
    internal Tensor Normalised(Tensor bytes, ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        MoveStatistics(bytes.device);
        long size = Preprocessing.Size;
        return bytes.to(ScalarType.Float32).view(-1, 3, size, size).mul_(scale!).add_(shift!).to(type).MoveToOuterDisposeScope();
    }

    /// <summary>Collects labels into a tensor.</summary>
    /// <param name="indices">The positions in the data set.</param>
    /// <param name="device">Where the tensor goes; the CPU where not given.</param>
    /// <returns>The labels, <c>[indices]</c>, int64. The caller owns it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An index is not one of the data set.</exception>
    public Tensor Labels(ReadOnlySpan<int> indices, Device? device = null)
    {
        long[] labels = new long[indices.Length];
        for (int i = 0; i < labels.Length; i++) labels[i] = Dataset.Label(indices[i]);
        return HostToDevice.Copy(tensor(labels), device ?? CPU);
    }

    /// <summary>Lets go of the pictures and the tensors.</summary>
    public void Dispose()
    {
        disposed = true;
        scale?.Dispose();
        shift?.Dispose();
        Array.Clear(planes);
    }

    void CheckIndex(int index)
    {
        if ((uint)index >= (uint)planes.Length)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"Data set '{Dataset.Name}' has {planes.Length} pictures.");
    }

    string NameOf(int index) => Dataset is ImageFileDataset files ? files.RelativePath(index) : $"{Dataset.Name}[{index}]";

    byte[] Planes(int index)
    {
        var image = Dataset.Decode(index);
        if (!Preprocessing.Upright) image = image.AsStored();
        sides[index] = Math.Min(image.Width, image.Height);
        return Preprocessing.ToPlanes(image, message => new DataException(NameOf(index), message));
    }

    /// <summary>The median of the smaller sides that the pictures had, of those that are ready; 0 where none is.</summary>
    internal int MedianSide() => sides.Where(side => side > 0).Order().ToArray() is { Length: > 0 } known ? known[known.Length / 2] : 0;

    /// <summary>The SHA-256 of a picture that is ready, as the model sees it, 64 lower-case hexadecimal digits: it is also that of its decoding and resizing.</summary>
    internal string Hash(int index) => hashes[index] ??= Convert.ToHexStringLower(SHA256.HashData(planes[index]!));

    /// <summary>The bytes of one picture.</summary>
    internal long BytesPerImage => 3L * Preprocessing.Size * Preprocessing.Size;

    /// <summary>
    /// Pictures before normalisation, <c>[indices, 3 · size · size]</c>, bytes on the CPU; those that are not ready yet are made ready. The caller owns them.
    /// </summary>
    internal Tensor Bytes(ReadOnlySpan<int> indices)
    {
        Prepare(indices.ToArray());
        var bytes = empty(indices.Length, BytesPerImage, dtype: ScalarType.Byte);
        for (int i = 0; i < indices.Length; i++)
        {
            using var row = bytes[i];
            planes[indices[i]].CopyTo(row.bytes);
        }
        return bytes;
    }

    void MoveStatistics(Device device)
    {
        if (scale is not null && scale.device_type == device.type && (device.index < 0 || scale.device_index == device.index)) return;
        scale?.Dispose();
        shift?.Dispose();
        scale = PerChannel(Preprocessing.Scale).to(device).DetachFromDisposeScope();
        shift = PerChannel(Preprocessing.Shift).to(device).DetachFromDisposeScope();
    }

    static Tensor PerChannel(float[] values) => tensor(values, [1, 3, 1, 1]);
}
