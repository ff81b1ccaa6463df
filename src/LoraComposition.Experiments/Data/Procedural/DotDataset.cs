using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// Counting: class n shows n + 1 dots, and its instances differ in the places and sizes of the dots. There are <see cref="AvailableClasses"/> classes.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class DotDataset : ProceduralDataset
{
    /// <summary>The number of classes there are.</summary>
    public const int AvailableClasses = 12;

    const float SmallestRadius = 0.05f, LargestRadius = 0.065f, Gap = 0.03f;

    static readonly ProceduralFormula formula = new("dots", "dots-1", AvailableClasses, id => id == 0 ? "1 dot" : $"{id + 1} dots", ExperimentStreams.DotInstance);

    readonly int[] classIds;

    /// <summary>Chooses classes and instances. Pictures are made when asked for.</summary>
    /// <inheritdoc cref="GlyphDataset(IReadOnlyList{int}, int, int, int, int)"/>
    public DotDataset(IReadOnlyList<int> classIds, int perClass, int size = 32, int seed = 0, int firstInstance = 0)
        : base(formula, classIds, perClass, size, seed, firstInstance) => this.classIds = [.. classIds];

    private protected override void Shade(int label, PicturePose pose, SeededRandom random, Span<float> coverage)
    {
        // Places and radii as parts of the picture's side.
        Span<(Point Centre, float Radius)> dots = stackalloc (Point, float)[AvailableClasses];
        dots = dots[..(classIds[label] + 1)];
        for (int i = 0; i < dots.Length; i++)
        {
            do
            {
                float radius = random.NextSingle(SmallestRadius, LargestRadius);
                dots[i] = (new(random.NextSingle(radius, 1 - radius), random.NextSingle(radius, 1 - radius)), radius);
            }
            while (Overlaps(dots[i], dots[..i]));
            new Polyline([Pixel(dots[i].Centre)], closed: true).Stroke(2 * dots[i].Radius * Size, Size, coverage);
        }
    }

    Point Pixel(Point place) => new(place.X * (Size - 1), place.Y * (Size - 1));

    static bool Overlaps((Point Centre, float Radius) dot, ReadOnlySpan<(Point Centre, float Radius)> others)
    {
        foreach (var other in others)
        {
            float x = dot.Centre.X - other.Centre.X, y = dot.Centre.Y - other.Centre.Y, least = dot.Radius + other.Radius + Gap;
            if (x * x + y * y < least * least) return true;
        }
        return false;
    }
}
