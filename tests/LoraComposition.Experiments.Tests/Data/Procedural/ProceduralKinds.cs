namespace LoraComposition.Experiments.Tests.Data.Procedural;

/// <summary>Every kind of procedural data set and every style, by name.</summary>
internal static class ProceduralKinds
{
    internal delegate ProceduralDataset Maker(IReadOnlyList<int> classIds, int perClass, int size = 32, int seed = 0, int firstInstance = 0);

    static readonly Dictionary<string, Maker> Makers = new()
    {
        ["dots"] = (ids, n, size, seed, first) => new DotDataset(ids, n, size, seed, first),
        ["fractals points"] = Fractals(FractalStyle.Points),
        ["fractals sketch"] = Fractals(FractalStyle.Sketch),
        ["fractals cartoon"] = Fractals(FractalStyle.Cartoon),
        ["fractals painting"] = Fractals(FractalStyle.Painting),
        ["glyphs"] = (ids, n, size, seed, first) => new GlyphDataset(ids, n, size, seed, first),
        ["polygons"] = (ids, n, size, seed, first) => new PolygonDataset(ids, n, size, seed, first),
        ["textures"] = (ids, n, size, seed, first) => new TextureDataset(ids, n, size, seed, first),
        ["tilings"] = (ids, n, size, seed, first) => new TilingDataset(ids, n, size, seed, first),
    };

    public static IEnumerable<string> Names => Makers.Keys;

    public static Maker Of(string name) => Makers[name];

    static Maker Fractals(FractalStyle style) => (ids, n, size, seed, first) => new FractalDataset(ids, n, size, seed, first, style);
}
