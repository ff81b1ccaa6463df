using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

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
