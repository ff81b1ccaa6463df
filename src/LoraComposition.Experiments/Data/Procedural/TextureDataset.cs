using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// Textures that fill the picture: a class is a sum of plane waves of certain directions, frequencies and forms, and its instances differ in the phase of
/// each wave, rotation, scale and contrast. There is a class for every number.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class TextureDataset : ProceduralDataset
{
    static readonly ProceduralFormula formula = new("textures", "textures-1", int.MaxValue, id => $"texture-{id:0000}", ExperimentStreams.TextureInstance);

    readonly PlaneWave[][] classes;

    /// <summary>Draws the waves of the classes. Pictures are made when asked for.</summary>
    /// <inheritdoc cref="GlyphDataset(IReadOnlyList{int}, int, int, int, int)"/>
    public TextureDataset(IReadOnlyList<int> classIds, int perClass, int size = 32, int seed = 0, int firstInstance = 0)
        : base(formula, classIds, perClass, size, seed, firstInstance) => classes = [.. classIds.Select(DrawClass)];

    private protected override void Shade(int label, PicturePose pose, SeededRandom random, Span<float> coverage)
    {
        // Neither mirrored nor shifted: the first would be another class, and random phases shift.
        float scale = pose.Fill / Size, contrast = random.NextSingle(0.4f, 1);
        foreach (var wave in classes[label])
        {
            float phase = random.NextSingle(0, 1);
            for (int i = 0; i < coverage.Length; i++)
            {
                var p = pose.Rotation.Apply(new Point(scale * (i % Size), scale * (i / Size)));
                coverage[i] += contrast * wave.At(p, phase) / classes[label].Length;
            }
        }
    }

    static PlaneWave[] DrawClass(int classId)
    {
        var random = new SeededRandom(ExperimentStreams.TextureClass, classId);
        return [PlaneWave.Draw(random), PlaneWave.Draw(random), PlaneWave.Draw(random)];
    }
}

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

/// <summary>
/// Random values from 0 to 1 over the plane, interpolated between the points of a turned grid whose cells are <paramref name="length"/> by
/// <paramref name="width"/> pixels.
/// </summary>
internal sealed class SmoothNoise(SeededRandom random, Rotation rotation, float length, float width)
{
    const int Side = 32;
    readonly float[] grid = Draw(random);

    public float At(float x, float y)
    {
        var turned = rotation.Apply(new Point(x, y));
        float u = turned.X / length, v = turned.Y / width, column = MathF.Floor(u), row = MathF.Floor(v), right = u - column, down = v - row;
        int x0 = (int)column, y0 = (int)row;
        float above = Value(x0, y0) + right * (Value(x0 + 1, y0) - Value(x0, y0)), below = Value(x0, y0 + 1) + right * (Value(x0 + 1, y0 + 1) - Value(x0, y0 + 1));
        return above + down * (below - above);
    }

    // The grid repeats itself far outside the picture only.
    float Value(int x, int y) => grid[(y & (Side - 1)) * Side + (x & (Side - 1))];

    static float[] Draw(SeededRandom random)
    {
        float[] grid = new float[Side * Side];
        for (int i = 0; i < grid.Length; i++) grid[i] = random.NextSingle(0, 1);
        return grid;
    }
}
