using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Some contractive maps of the plane. The set of points that they reproduce together is a fractal shape.</summary>
internal sealed class IteratedFunctionSystem
{
    const int Skipped = 24;
    const int TableLength = 256;

    readonly AffineMap[] maps;
    readonly byte[] table = new byte[TableLength];

    public IteratedFunctionSystem(AffineMap[] maps)
    {
        this.maps = maps;
        FillTable();
    }

    public IReadOnlyList<AffineMap> Maps => maps;

    /// <summary>Walks through the shape by the chaos game: each step applies a random map, one of larger area more often.</summary>
    public void Walk(SeededRandom random, Span<Point> points)
    {
        var p = default(Point);
        ulong bits = 0;
        for (int i = -Skipped; i < points.Length; i++)
        {
            // Eight choices of 8 bits each from one draw.
            if (((i + Skipped) & 7) == 0) bits = random.NextUInt64();
            ref readonly var map = ref maps[table[(byte)bits]];
            p = map.Apply(p);
            bits >>= 8;
            if (i >= 0) points[i] = p;
        }
    }

    void FillTable()
    {
        // Also a map without area has to be taken now and then.
        const float least = 0.02f;
        float total = maps.Sum(m => MathF.Max(m.Area, least)), share = 0;
        int from = 0;
        for (int map = 0; map < maps.Length; map++)
        {
            share += MathF.Max(maps[map].Area, least) / total;
            int to = map == maps.Length - 1 ? TableLength : (int)(share * TableLength);
            if (to > from) table.AsSpan(from, to - from).Fill((byte)map);
            from = Math.Max(from, to);
        }
    }
}
