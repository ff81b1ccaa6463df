using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>A wave over the plane between 0 and 1: a triangle wave, cut off above and below so that the steepest is nearly a square wave.</summary>
/// <param name="X">The periods in a unit to the right.</param>
/// <param name="Y">The periods in a unit down.</param>
/// <param name="Steepness">How much steeper than a triangle wave, at least 1.</param>
internal readonly record struct PlaneWave(float X, float Y, float Steepness)
{
    const float LowestFrequency = 2, HighestFrequency = 9, LargestSteepness = 5;

    public static PlaneWave Draw(SeededRandom random)
    {
        var direction = Rotation.Draw(random);
        float frequency = random.NextSingle(LowestFrequency, HighestFrequency);
        return new(frequency * direction.Cos, frequency * direction.Sin, random.NextSingle(1, LargestSteepness));
    }

    public float At(Point p, float phase)
    {
        float periods = X * p.X + Y * p.Y + phase, part = periods - MathF.Floor(periods), triangle = MathF.Abs(2 * part - 1);
        return Math.Clamp(0.5f + Steepness * (triangle - 0.5f), 0, 1);
    }
}
