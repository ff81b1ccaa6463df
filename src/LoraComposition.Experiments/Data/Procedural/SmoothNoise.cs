using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Random values from 0 to 1 over the plane, interpolated between the points of a turned grid whose cells are <paramref name="length"/> by <paramref name="width"/> pixels.</summary>
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
