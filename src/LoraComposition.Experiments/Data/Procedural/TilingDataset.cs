using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// Tiled floors: a class is a motif of <c>4 × 4</c> bright and dark tiles that repeats over the picture, and its instances differ in shift, rotation,
/// scale and in single wrong tiles. There is a class for every number, though far-off numbers may have the same motif.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class TilingDataset : ProceduralDataset
{
    const int MotifSide = 4, FloorSide = 32, LeastBright = 5, MostBright = 11, SamplesAcross = 2;
    const float WrongTiles = 0.08f;

    static readonly ProceduralFormula formula = new("tilings", "tilings-1", int.MaxValue, id => $"tiling-{id:0000}", ExperimentStreams.TilingInstance);

    readonly bool[][] motifs;

    /// <summary>Draws the motifs of the classes. Pictures are made when asked for.</summary>
    /// <inheritdoc cref="GlyphDataset(IReadOnlyList{int}, int, int, int, int)"/>
    public TilingDataset(IReadOnlyList<int> classIds, int perClass, int size = 32, int seed = 0, int firstInstance = 0)
        : base(formula, classIds, perClass, size, seed, firstInstance) => motifs = [.. classIds.Select(DrawMotif)];

    private protected override void Shade(int label, PicturePose pose, SeededRandom random, Span<float> coverage)
    {
        bool[] floor = DrawFloor(motifs[label], random);
        // 8 to 11 tiles across; a mirrored motif would be another one.
        float tilesPerPixel = 8 / pose.Fill / Size, step = 1f / SamplesAcross;
        for (int i = 0; i < coverage.Length; i++)
        {
            int bright = 0;
            for (int sample = 0; sample < SamplesAcross * SamplesAcross; sample++)
            {
                float x = i % Size + step * (sample % SamplesAcross), y = i / Size + step * (sample / SamplesAcross);
                var p = pose.Rotation.Apply(new Point(tilesPerPixel * x, tilesPerPixel * y));
                if (floor[Tile(p.Y + MotifSide * pose.ShiftY) * FloorSide + Tile(p.X + MotifSide * pose.ShiftX)]) bright++;
            }
            coverage[i] = (float)bright / (SamplesAcross * SamplesAcross);
        }
    }

    static int Tile(float position) => (int)MathF.Floor(position) & (FloorSide - 1);

    static bool[] DrawFloor(bool[] motif, SeededRandom random)
    {
        bool[] floor = new bool[FloorSide * FloorSide];
        for (int i = 0; i < floor.Length; i++) floor[i] = motif[i / FloorSide % MotifSide * MotifSide + i % MotifSide] != random.NextSingle(0, 1) < WrongTiles;
        return floor;
    }

    static bool[] DrawMotif(int classId)
    {
        var random = new SeededRandom(ExperimentStreams.TilingClass, classId);
        bool[] motif = new bool[MotifSide * MotifSide];
        do
        {
            for (int i = 0; i < motif.Length; i++) motif[i] = random.Next(2) == 1;
        }
        while (motif.Count(bright => bright) is < LeastBright or > MostBright);
        return motif;
    }
}
