namespace LoraComposition.Experiments;

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
