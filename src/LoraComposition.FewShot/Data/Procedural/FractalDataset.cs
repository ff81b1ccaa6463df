using System.Buffers;
using LoraComposition.FewShot.Data.Sampling;

namespace LoraComposition.FewShot.Data.Procedural;

/// <summary>
/// Pictures made by formula: a class is a fractal shape (an iterated function system), and its instances differ in details of the shape, pose,
/// colours and noise. Nothing is read, and the pictures are the same on every machine.
/// </summary>
/// <remarks>
/// The shape depends on the class's number only, so data sets with different class numbers never share a class, whatever their seeds. A picture
/// depends on the seed, the class's number, the instance's number and the size only: give a test part another range of instances than the training part.
/// </remarks>
public sealed class FractalDataset : ImageDataset
{
    private const string FormulaVersion = "fractal-2";
    private const int PointsPerPixel = 6;
    private const int LeastPoints = 4096;
    private const float LargestPerturbation = 0.04f;

    private readonly int[] classIds;
    private readonly IteratedFunctionSystem[] shapes;
    private readonly FractalShading shading;
    private readonly int perClass, size, seed, firstInstance;

    /// <summary>Draws the shapes of the classes. Pictures are made when asked for.</summary>
    /// <param name="classIds">The numbers of the classes, each once, 0 or more; the first has label 0.</param>
    /// <param name="perClass">The number of pictures of each class, at least 1.</param>
    /// <param name="size">The side of the pictures in pixels, 8 to 512. Default 32.</param>
    /// <param name="seed">The seed of the instances. Default 0.</param>
    /// <param name="firstInstance">The number of the first instance of each class. Default 0.</param>
    /// <param name="style">How shapes are drawn. Default points.</param>
    /// <exception cref="ArgumentException">There are no classes, or one is given twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public FractalDataset(IReadOnlyList<int> classIds, int perClass, int size = 32, int seed = 0, int firstInstance = 0, FractalStyle style = FractalStyle.Points)
    {
        ArgumentNullException.ThrowIfNull(classIds);
        if (classIds.Count == 0) throw new ArgumentException("There are no classes; give at least one number.", nameof(classIds));
        if (classIds.Distinct().Count() != classIds.Count) throw new ArgumentException("A class is given twice; give each number once.", nameof(classIds));
        foreach (int id in classIds) ArgumentOutOfRangeException.ThrowIfNegative(id, nameof(classIds));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perClass);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(perClass, Array.MaxLength / classIds.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 8);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 512);
        ArgumentOutOfRangeException.ThrowIfNegative(firstInstance);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstInstance, int.MaxValue - perClass);
        (this.classIds, this.perClass, this.size, this.seed, this.firstInstance) = ([.. classIds], perClass, size, seed, firstInstance);
        shading = FractalShading.Of(style);
        shapes = [.. classIds.Select(FractalClass.Draw)];
        ClassNames = [.. classIds.Select(id => $"fractal-{id:0000}")];
        using var hash = new ContentFingerprint();
        Fingerprint = hash.Add(FormulaVersion).Add(this.classIds).Add(perClass).Add(size).Add(seed).Add(firstInstance).Add(style.ToString()).ToHex();
    }

    /// <inheritdoc/>
    public override string Name => "fractals";

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public override int Count => classIds.Length * perClass;

    /// <summary>A hash of the parameters and the version of the formula, in lower-case hexadecimal.</summary>
    public override string Fingerprint { get; }

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
        var random = new SeededRandom(RandomStream.FractalInstance, seed, classIds[label], firstInstance + index % perClass);
        int pointCount = Math.Max(PointsPerPixel * size * size, LeastPoints);
        var pointBuffer = ArrayPool<Point>.Shared.Rent(pointCount);
        var coverageBuffer = ArrayPool<float>.Shared.Rent(size * size);
        try
        {
            var points = pointBuffer.AsSpan(0, pointCount);
            var coverage = coverageBuffer.AsSpan(0, size * size);
            coverage.Clear();
            var pose = FractalPose.Draw(random);
            var colours = FractalColours.Draw(random);
            Instance(shapes[label], pose, random).Walk(random, points);
            pose.Place(points, size);
            shading.Shade(points, size, coverage);
            return colours.Paint(coverage, size, random);
        }
        finally
        {
            ArrayPool<Point>.Shared.Return(pointBuffer);
            ArrayPool<float>.Shared.Return(coverageBuffer);
        }
    }

    private static IteratedFunctionSystem Instance(IteratedFunctionSystem shape, FractalPose pose, SeededRandom random)
    {
        float Near(float value) => value + random.NextSingle(-LargestPerturbation, LargestPerturbation);
        return new([.. shape.Maps.Select(m => pose.Turn(new AffineMap(Near(m.Xx), Near(m.Xy), Near(m.Yx), Near(m.Yy), Near(m.Dx), Near(m.Dy))))]);
    }
}
