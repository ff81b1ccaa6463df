using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// Polygons and stars of 3 to 8 corners. Instances differ in tilt, proportions and places of the corners. There are <see cref="AvailableClasses"/>
/// classes: triangle, 3-pointed star, quadrilateral, 4-pointed star and so on.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class PolygonDataset : ProceduralDataset
{
    /// <summary>The number of classes there are.</summary>
    public const int AvailableClasses = 12;

    const float LargestDent = 0.08f, LongestStretch = 1.2f, InnerRadius = 0.45f;

    // tan(π / n): the half tangent of the turn from a corner to the next, for 3 to 8 corners.
    static readonly float[] halfTangents = [1.7320508f, 1, 0.72654253f, 0.57735027f, 0.48157462f, 0.41421356f];
    static readonly string[] polygonNames = ["triangle", "quadrilateral", "pentagon", "hexagon", "heptagon", "octagon"];
    static readonly ProceduralFormula formula = new("polygons", "polygons-1", AvailableClasses, NameOf, ExperimentStreams.PolygonInstance);

    readonly int[] classIds;

    /// <summary>Chooses classes and instances. Pictures are made when asked for.</summary>
    /// <inheritdoc cref="GlyphDataset(IReadOnlyList{int}, int, int, int, int)"/>
    public PolygonDataset(IReadOnlyList<int> classIds, int perClass, int size = 32, int seed = 0, int firstInstance = 0)
        : base(formula, classIds, perClass, size, seed, firstInstance) => this.classIds = [.. classIds];

    private protected override void Shade(int label, PicturePose pose, SeededRandom random, Span<float> coverage)
    {
        Span<Point> corners = stackalloc Point[2 * (halfTangents.Length + 2)];
        corners = corners[..Corners(classIds[label], corners)];
        float stretch = random.NextSingle(1, LongestStretch);
        foreach (ref var corner in corners)
        {
            var dented = new Point(corner.X + random.NextSingle(-LargestDent, LargestDent), corner.Y + random.NextSingle(-LargestDent, LargestDent));
            corner = pose.Turn(dented with { X = stretch * dented.X });
        }
        pose.Place(corners, Size);
        new Polyline(corners, closed: true).Fill(Size, coverage);
    }

    static string NameOf(int id) => id % 2 == 0 ? polygonNames[id / 2] : $"{3 + id / 2}-pointed star";

    /// <summary>The corners on the unit circle, those of a star with the dents between them. Returns their number.</summary>
    static int Corners(int id, Span<Point> corners)
    {
        int tips = 3 + id / 2, count = 0;
        var turn = Rotation.FromHalfTangent(halfTangents[tips - 3]);
        var tip = new Point(0, -1);
        for (int i = 0; i < tips; i++)
        {
            var next = turn.Apply(tip);
            corners[count++] = tip;
            if (id % 2 == 1)
            {
                float x = tip.X + next.X, y = tip.Y + next.Y, scale = InnerRadius / MathF.Sqrt(x * x + y * y);
                corners[count++] = new Point(scale * x, scale * y);
            }
            tip = next;
        }
        return count;
    }
}
