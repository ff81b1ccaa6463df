using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>How one instance of a class lies in its picture: turned by up to 25°, perhaps mirrored, and scaled and shifted within the frame.</summary>
internal readonly record struct PicturePose(Rotation Rotation, bool Mirrored, float Fill, float ShiftX, float ShiftY)
{
    // tan(25° / 2)
    const float LargestHalfTangent = 0.2217f;

    public static PicturePose Draw(SeededRandom random) => new(
        Rotation.FromHalfTangent(random.NextSingle(-LargestHalfTangent, LargestHalfTangent)), random.Next(2) == 0,
        random.NextSingle(0.7f, 1), random.NextSingle(0, 1), random.NextSingle(0, 1));

    /// <summary>The map that does to a turned shape what <paramref name="map"/> does to the shape: the shape is turned by turning its few maps, not its many points.</summary>
    public AffineMap Turn(AffineMap map)
    {
        // P·M·Pᵀ, column by column; the mirror is the minus sign of P's first row.
        float sign = Mirrored ? -1 : 1;
        Point columnX = TurnLinear(map, new(sign * Rotation.Cos, -sign * Rotation.Sin)), columnY = TurnLinear(map, new(Rotation.Sin, Rotation.Cos)), shift = Turn(new Point(map.Dx, map.Dy));
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
