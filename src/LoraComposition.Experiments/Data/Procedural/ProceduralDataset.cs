using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// Pictures made by formula: each class has as many instances as are asked for, which differ in pose, colours, noise and what else the formula varies.
/// Nothing is read, and the pictures are the same on every machine.
/// </summary>
/// <remarks>
/// What a class is depends on its number only, so data sets of one kind with different class numbers never share a class, whatever their seeds. A picture
/// depends on the seed, the class's number, the instance's number and the size only: give a test part another range of instances than the training part.
/// Immutable, and safe to use from several threads.
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
    private protected ProceduralDataset(ProceduralFormula formula, IReadOnlyList<int> classIds, int perClass, int size, int seed, int firstInstance,
        string? variant = null)
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

/// <summary>What the pictures of one kind of <see cref="ProceduralDataset"/> have in common.</summary>
/// <param name="Name">What the data set is called.</param>
/// <param name="Version">Names the formula; a change of any picture needs a new one.</param>
/// <param name="ClassCount">The number of classes there are.</param>
/// <param name="ClassName">Names the class of a number.</param>
/// <param name="Instances">The stream that instances are drawn from.</param>
internal sealed record ProceduralFormula(string Name, string Version, int ClassCount, Func<int, string> ClassName, RandomStream Instances);

/// <summary>How one instance of a class lies in its picture: turned by up to 25°, perhaps mirrored, and scaled and shifted within the frame.</summary>
internal readonly record struct PicturePose(Rotation Rotation, bool Mirrored, float Fill, float ShiftX, float ShiftY)
{
    // tan(25° / 2)
    const float LargestHalfTangent = 0.2217f;

    public static PicturePose Draw(SeededRandom random) => new(
        Rotation.FromHalfTangent(random.NextSingle(-LargestHalfTangent, LargestHalfTangent)), random.Next(2) == 0,
        random.NextSingle(0.7f, 1), random.NextSingle(0, 1), random.NextSingle(0, 1));

    /// <summary>
    /// The map that does to a turned shape what <paramref name="map"/> does to the shape: the shape is turned by turning its few maps, not its many points.
    /// </summary>
    public AffineMap Turn(AffineMap map)
    {
        // P·M·Pᵀ, column by column; the mirror is the minus sign of P's first row.
        float sign = Mirrored ? -1 : 1;
        Point columnX = TurnLinear(map, new(sign * Rotation.Cos, -sign * Rotation.Sin)), columnY = TurnLinear(map, new(Rotation.Sin, Rotation.Cos)),
            shift = Turn(new Point(map.Dx, map.Dy));
        return new(columnX.X, columnY.X, columnX.Y, columnY.Y, shift.X, shift.Y);
    }

    /// <summary>Moves points from the plane to pixel coordinates, from 0 to <paramref name="size"/> − 1 both ways.</summary>
    public void Place(Span<Point> points, int size)
    {
        var bounds = PointBounds.Of(points);
        float last = size - 1, scale = Fill * last / MathF.Max(MathF.Max(bounds.Width, bounds.Height), float.Epsilon);
        float x = ShiftX * (last - scale * bounds.Width) - scale * bounds.Left, y = ShiftY * (last - scale * bounds.Height) - scale * bounds.Top;
        for (int i = 0; i < points.Length; i++) points[i] = new(scale * points[i].X + x, scale * points[i].Y + y);
    }

    Point TurnLinear(AffineMap map, Point p) => Turn(new Point(map.Xx * p.X + map.Xy * p.Y, map.Yx * p.X + map.Yy * p.Y));

    /// <summary>Turns and mirrors a point about the origin.</summary>
    public Point Turn(Point p)
    {
        var turned = Rotation.Apply(p);
        return Mirrored ? turned with { X = -turned.X } : turned;
    }
}

/// <summary>A cosine and a sine. They are made without trigonometric functions, whose last bit differs between systems.</summary>
internal readonly record struct Rotation(float Cos, float Sin)
{
    /// <summary>The rotation by an angle of which the tangent of the half is given.</summary>
    public static Rotation FromHalfTangent(float t) => new((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t));

    /// <summary>Any rotation, all equally likely: the direction of a random point of the unit disc.</summary>
    public static Rotation Draw(SeededRandom random)
    {
        while (true)
        {
            float x = random.NextSingle(-1, 1), y = random.NextSingle(-1, 1), length = MathF.Sqrt(x * x + y * y);
            if (length is > 0.1f and <= 1) return new(x / length, y / length);
        }
    }

    public Point Apply(Point p) => new(Cos * p.X - Sin * p.Y, Sin * p.X + Cos * p.Y);
}
