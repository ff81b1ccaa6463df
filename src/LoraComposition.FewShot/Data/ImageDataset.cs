namespace LoraComposition.FewShot;

/// <summary>Labelled pictures that are decoded when asked for. Every member may be called from several threads at once.</summary>
/// <remarks>Reading it is safe from several threads, of every data set: pictures are decoded on all cores.</remarks>
public abstract class ImageDataset
{
    /// <summary>What the data set is called in reports and messages.</summary>
    public abstract string Name { get; }

    /// <summary>The name of each class; the position is the label.</summary>
    public abstract IReadOnlyList<string> ClassNames { get; }

    /// <summary>The number of pictures.</summary>
    public abstract int Count { get; }

    /// <summary>A hash of the identity of the content, in lower-case hexadecimal: two data sets with one fingerprint hold the same pictures and labels.</summary>
    public abstract string Fingerprint { get; }

    /// <summary>The label of one picture, without decoding it.</summary>
    /// <param name="index">The picture, from 0 to <see cref="Count"/> − 1.</param>
    /// <returns>A position in <see cref="ClassNames"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such picture.</exception>
    public abstract int Label(int index);

    /// <summary>Decodes one picture.</summary>
    /// <param name="index">The picture, from 0 to <see cref="Count"/> − 1.</param>
    /// <returns>The picture in its own size.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such picture.</exception>
    /// <exception cref="DataException">The picture is damaged, too large or has disappeared.</exception>
    public abstract RgbImage Decode(int index);

    /// <summary>Collects the labels of all pictures.</summary>
    /// <returns>A new array of <see cref="Count"/> labels.</returns>
    public int[] Labels()
    {
        var labels = new int[Count];
        for (int i = 0; i < labels.Length; i++) labels[i] = Label(i);
        return labels;
    }

    /// <summary>Refuses an index that is not one of this data set.</summary>
    /// <param name="index">The index to check.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such picture.</exception>
    protected void CheckIndex(int index)
    {
        if ((uint)index >= (uint)Count) throw new ArgumentOutOfRangeException(nameof(index), index, $"Data set '{Name}' has {Count} pictures; the index must be from 0 to {Count - 1}.");
    }
}
