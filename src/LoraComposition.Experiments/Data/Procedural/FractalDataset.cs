using System.Buffers;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// A class is a fractal shape (an iterated function system), and its instances differ in details of the shape, pose, colours and noise. There is a class for
/// every number.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
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

    private protected override RgbImage Paint(ReadOnlySpan<float> coverage, PictureColours colours, SeededRandom random) =>
        shading.Paint(coverage, Size, colours, random);

    static IteratedFunctionSystem Instance(IteratedFunctionSystem shape, PicturePose pose, SeededRandom random)
    {
        float Near(float value) => value + random.NextSingle(-LargestPerturbation, LargestPerturbation);
        return new([.. shape.Maps.Select(m => pose.Turn(new AffineMap(Near(m.Xx), Near(m.Xy), Near(m.Yx), Near(m.Yy), Near(m.Dx), Near(m.Dy))))]);
    }
}

/// <summary>How the shapes of a <see cref="FractalDataset"/> are drawn: the domains of a covariate shift. Classes are the same in every style.</summary>
public enum FractalStyle
{
    /// <summary>Every visited point brightens its pixel: a bright cloud of points on a dark ground.</summary>
    Points,

    /// <summary>Thin dark contours on bright paper.</summary>
    Sketch,

    /// <summary>Regions of few flat colours with a dark outline, on a flat ground.</summary>
    Cartoon,

    /// <summary>Soft shapes of changing colour on a ground of brush strokes.</summary>
    Painting,
}

/// <summary>
/// The shape of one class, drawn from the class's number alone. Maps are drawn by their singular values as Anderson and Farrell do (2022, "Improving
/// Fractal Pre-training", section 3: <c>Σ(σ₁ + 2σ₂)</c> between (5 + n)/2 and (6 + n)/2 for n maps), and drawn again until the shape fills the picture sensibly.
/// </summary>
internal static class FractalClass
{
    const float LargestSingularValue = 0.9f;
    const int ProbePoints = 3000;
    const int ProbeSide = 32;

    /// <summary>Draws the shape of a class; its bounding rectangle is centred on the origin and reaches to 1 on its longer side.</summary>
    public static IteratedFunctionSystem Draw(int classId)
    {
        var random = new SeededRandom(ExperimentStreams.FractalClass, classId);
        var points = new Point[ProbePoints];
        while (true)
        {
            var system = DrawMaps(random);
            system.Walk(random, points);
            var bounds = PointBounds.Of(points);
            float longer = MathF.Max(bounds.Width, bounds.Height), shorter = MathF.Min(bounds.Width, bounds.Height);
            if (shorter < longer / 2 || FilledPart(points, bounds.Centre, longer) is < 0.14f or > 0.42f) continue;
            return new IteratedFunctionSystem([.. system.Maps.Select(m => m.In(bounds.Centre, longer / 2))]);
        }
    }

    static IteratedFunctionSystem DrawMaps(SeededRandom random)
    {
        int count = 2 + random.Next(5);
        Span<float> values = stackalloc float[2 * count];
        float sum;
        do
        {
            sum = 0;
            for (int i = 0; i < values.Length; i += 2)
            {
                float one = random.NextSingle(0, LargestSingularValue), other = random.NextSingle(0, LargestSingularValue);
                (values[i], values[i + 1]) = (MathF.Max(one, other), MathF.Min(one, other));
                sum += values[i] + 2 * values[i + 1];
            }
        }
        while (sum < (5 + count) / 2f || sum > (6 + count) / 2f);

        var maps = new AffineMap[count];
        for (int i = 0; i < count; i++) maps[i] = Compose(random, values[2 * i], values[2 * i + 1]);
        return new IteratedFunctionSystem(maps);
    }

    /// <summary>A rotation, a stretch along the axes, another rotation, and a mirror half of the time; then a shift.</summary>
    static AffineMap Compose(SeededRandom random, float large, float small)
    {
        Rotation outer = Rotation.Draw(random), inner = Rotation.Draw(random);
        float mirrored = random.Next(2) == 0 ? small : -small;
        return new(
            outer.Cos * large * inner.Cos - outer.Sin * mirrored * inner.Sin, -outer.Cos * large * inner.Sin - outer.Sin * mirrored * inner.Cos,
            outer.Sin * large * inner.Cos + outer.Cos * mirrored * inner.Sin, -outer.Sin * large * inner.Sin + outer.Cos * mirrored * inner.Cos,
            random.NextSingle(-1, 1), random.NextSingle(-1, 1));
    }

    static float FilledPart(ReadOnlySpan<Point> points, Point centre, float side)
    {
        Span<bool> hit = stackalloc bool[ProbeSide * ProbeSide];
        hit.Clear();
        int filled = 0;
        foreach (var p in points)
        {
            int x = PlaceOf((p.X - centre.X) / side), y = PlaceOf((p.Y - centre.Y) / side);
            ref bool cell = ref hit[y * ProbeSide + x];
            if (!cell) filled++;
            cell = true;
        }
        return (float)filled / hit.Length;
    }

    static int PlaceOf(float fromMiddle) => Math.Clamp((int)((fromMiddle + 0.5f) * ProbeSide), 0, ProbeSide - 1);
}

/// <summary>Some contractive maps of the plane. The set of points that they reproduce together is a fractal shape.</summary>
internal sealed class IteratedFunctionSystem
{
    const int Skipped = 24;
    const int TableLength = 256;

    readonly AffineMap[] maps;
    readonly byte[] table = new byte[TableLength];

    public IteratedFunctionSystem(AffineMap[] maps)
    {
        this.maps = maps;
        FillTable();
    }

    public IReadOnlyList<AffineMap> Maps => maps;

    /// <summary>Walks through the shape by the chaos game: each step applies a random map, one of larger area more often.</summary>
    public void Walk(SeededRandom random, Span<Point> points)
    {
        var p = default(Point);
        ulong bits = 0;
        for (int i = -Skipped; i < points.Length; i++)
        {
            // Eight choices of 8 bits each from one draw.
            if (((i + Skipped) & 7) == 0) bits = random.NextUInt64();
            ref readonly var map = ref maps[table[(byte)bits]];
            p = map.Apply(p);
            bits >>= 8;
            if (i >= 0) points[i] = p;
        }
    }

    void FillTable()
    {
        // Also a map without area has to be taken now and then.
        const float least = 0.02f;
        float total = maps.Sum(m => MathF.Max(m.Area, least)), share = 0;
        int from = 0;
        for (int map = 0; map < maps.Length; map++)
        {
            share += MathF.Max(maps[map].Area, least) / total;
            int to = map == maps.Length - 1 ? TableLength : (int)(share * TableLength);
            if (to > from) table.AsSpan(from, to - from).Fill((byte)map);
            from = Math.Max(from, to);
        }
    }
}

/// <summary>One map of the plane: <c>(x, y) → (xx·x + xy·y + dx, yx·x + yy·y + dy)</c>.</summary>
internal readonly record struct AffineMap(float Xx, float Xy, float Yx, float Yy, float Dx, float Dy)
{
    /// <summary>The factor by which areas change.</summary>
    public float Area => MathF.Abs(Xx * Yy - Xy * Yx);

    public Point Apply(Point p) => new(Xx * p.X + Xy * p.Y + Dx, Yx * p.X + Yy * p.Y + Dy);

    /// <summary>The same map seen in coordinates in which <paramref name="centre"/> is the origin and <paramref name="unit"/> the length 1.</summary>
    public AffineMap In(Point centre, float unit)
    {
        var moved = Apply(centre);
        return this with { Dx = (moved.X - centre.X) / unit, Dy = (moved.Y - centre.Y) / unit };
    }
}
