using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// Pictures made by formula: each class has as many instances as are asked for, which differ in pose, colours, noise and what else the formula varies.
/// Nothing is read, and the pictures are the same on every machine.
/// </summary>
/// <remarks>
/// What a class is depends on its number only, so data sets of one kind with different class numbers never share a class, whatever their seeds. A picture
/// depends on the seed, the class's number, the instance's number and the size only: give a test part another range of instances than the training part.
/// </remarks>
public abstract class ProceduralDataset : ImageDataset
{
    readonly ProceduralFormula formula;
    readonly int[] classIds;
    readonly int perClass, seed, firstInstance;

    /// <summary>Chooses classes and instances. Pictures are made when asked for.</summary>
    /// <param name="formula">The kind of pictures.</param>
    /// <param name="classIds">The numbers of the classes, each once, 0 or more; the first has label 0.</param>
    /// <param name="perClass">The number of pictures of each class, at least 1.</param>
    /// <param name="size">The side of the pictures in pixels, 8 to 512. Default 32.</param>
    /// <param name="seed">The seed of the instances. Default 0.</param>
    /// <param name="firstInstance">The number of the first instance of each class. Default 0.</param>
    /// <param name="variant">What else tells the pictures from others of the formula; null: nothing.</param>
    /// <exception cref="ArgumentException">There are no classes, or one is given twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    private protected ProceduralDataset(ProceduralFormula formula, IReadOnlyList<int> classIds, int perClass, int size, int seed, int firstInstance, string? variant = null)
    {
        ArgumentNullException.ThrowIfNull(classIds);
        if (classIds.Count == 0) throw new ArgumentException("There are no classes; give at least one number.", nameof(classIds));
        if (classIds.Distinct().Count() != classIds.Count) throw new ArgumentException("A class is given twice; give each number once.", nameof(classIds));
        foreach (int id in classIds)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(id, nameof(classIds));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, formula.ClassCount, nameof(classIds));
        }
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perClass);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(perClass, Array.MaxLength / classIds.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 8);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 512);
        ArgumentOutOfRangeException.ThrowIfNegative(firstInstance);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstInstance, int.MaxValue - perClass);
        (this.formula, this.classIds, this.perClass, this.seed, this.firstInstance, Size) = (formula, [.. classIds], perClass, seed, firstInstance, size);
        ClassNames = [.. classIds.Select(formula.ClassName)];
        using var hash = new ContentFingerprint();
        hash.Add(formula.Version).Add(this.classIds).Add(perClass).Add(size).Add(seed).Add(firstInstance);
        if (variant is not null) hash.Add(variant);
        Fingerprint = hash.ToHex();
    }

    /// <inheritdoc/>
    public override string Name => formula.Name;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public override int Count => classIds.Length * perClass;

    /// <summary>A hash of the parameters and the version of the formula, in lower-case hexadecimal.</summary>
    public override string Fingerprint { get; }

    /// <summary>The side of the pictures in pixels.</summary>
    private protected int Size { get; }

    /// <inheritdoc/>
    public override int Label(int index)
    {
        CheckIndex(index);
        return index / perClass;
    }

    /// <inheritdoc/>
    public override RgbImage Decode(int index)
    {
        int label = Label(index);
        var random = new SeededRandom(formula.Instances, seed, classIds[label], firstInstance + index % perClass);
        var pose = PicturePose.Draw(random);
        var colours = PictureColours.Draw(random);
        float[] coverage = new float[Size * Size];
        Shade(label, pose, random, coverage);
        return Paint(coverage, colours, random);
    }

    /// <summary>Draws an instance.</summary>
    /// <param name="label">The label of its class.</param>
    /// <param name="pose">How it lies in the picture, as far as its class allows.</param>
    /// <param name="random">Decides everything else.</param>
    /// <param name="coverage">All zero at first; receives <c>[size, size]</c> values from 0 (background) to 1 (shape).</param>
    private protected abstract void Shade(int label, PicturePose pose, SeededRandom random, Span<float> coverage);

    /// <summary>Turns <c>[size, size]</c> values from 0 (background) to 1 (shape) into a picture.</summary>
    private protected virtual RgbImage Paint(ReadOnlySpan<float> coverage, PictureColours colours, SeededRandom random) => colours.Paint(coverage, Size, random);
}
