using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

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
            int x = Cell((p.X - centre.X) / side), y = Cell((p.Y - centre.Y) / side);
            ref bool cell = ref hit[y * ProbeSide + x];
            if (!cell) filled++;
            cell = true;
        }
        return (float)filled / hit.Length;
    }

    static int Cell(float fromMiddle) => Math.Clamp((int)((fromMiddle + 0.5f) * ProbeSide), 0, ProbeSide - 1);
}
