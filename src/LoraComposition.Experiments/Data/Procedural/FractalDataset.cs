using System.Buffers;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>A class is a fractal shape (an iterated function system), and its instances differ in details of the shape, pose, colours and noise. There is a class for every number.</summary>
public sealed class FractalDataset : ProceduralDataset
{
    const int PointsPerPixel = 6;
    const int LeastPoints = 4096;
    const float LargestPerturbation = 0.04f;

    static readonly ProceduralFormula formula = new("fractals", "fractal-2", int.MaxValue, id => $"fractal-{id:0000}", ExperimentStreams.FractalInstance);

    readonly IteratedFunctionSystem[] shapes;
    readonly FractalShading shading;

    /// <summary>Draws the shapes of the classes. Pictures are made when asked for.</summary>
    /// <param name="classIds">The numbers of the classes, each once, 0 or more; the first has label 0.</param>
    /// <param name="perClass">The number of pictures of each class, at least 1.</param>
    /// <param name="size">The side of the pictures in pixels, 8 to 512. Default 32.</param>
    /// <param name="seed">The seed of the instances. Default 0.</param>
    /// <param name="firstInstance">The number of the first instance of each class. Default 0.</param>
    /// <param name="style">How shapes are drawn. Default points. An instance has the same shape and pose in every style.</param>
    /// <exception cref="ArgumentException">There are no classes, or one is given twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public FractalDataset(IReadOnlyList<int> classIds, int perClass, int size = 32, int seed = 0, int firstInstance = 0, FractalStyle style = FractalStyle.Points)
        : base(formula, classIds, perClass, size, seed, firstInstance, style.ToString())
    {
        shading = FractalShading.Of(style);
        shapes = [.. classIds.Select(FractalClass.Draw)];
    }

    private protected override void Shade(int label, PicturePose pose, SeededRandom random, Span<float> coverage)
    {
        int pointCount = Math.Max(PointsPerPixel * Size * Size, LeastPoints);
        var pointBuffer = ArrayPool<Point>.Shared.Rent(pointCount);
        try
        {
            var points = pointBuffer.AsSpan(0, pointCount);
            Instance(shapes[label], pose, random).Walk(random, points);
            pose.Place(points, Size);
            PointDensity.Measure(points, Size, coverage);
        }
        finally
        {
            ArrayPool<Point>.Shared.Return(pointBuffer);
        }
    }

    private protected override RgbImage Paint(ReadOnlySpan<float> coverage, PictureColours colours, SeededRandom random) => shading.Paint(coverage, Size, colours, random);

    static IteratedFunctionSystem Instance(IteratedFunctionSystem shape, PicturePose pose, SeededRandom random)
    {
        float Near(float value) => value + random.NextSingle(-LargestPerturbation, LargestPerturbation);
        return new([.. shape.Maps.Select(m => pose.Turn(new AffineMap(Near(m.Xx), Near(m.Xy), Near(m.Yx), Near(m.Yy), Near(m.Dx), Near(m.Dy))))]);
    }
}
