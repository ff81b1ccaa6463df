using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>The random streams of the experiments, beside those of the library. The numbers are part of every recorded result.</summary>
static class ExperimentStreams
{
    public static RandomStream FractalClass => new(4);
    public static RandomStream FractalInstance => new(5);
    public static RandomStream ProceduralText => new(7);
    public static RandomStream Shards => new(8);
    public static RandomStream Bootstrap => new(10);
    public static RandomStream PolygonInstance => new(20);
    public static RandomStream GlyphClass => new(21);
    public static RandomStream GlyphInstance => new(22);
    public static RandomStream TextureClass => new(23);
    public static RandomStream TextureInstance => new(24);
    public static RandomStream TilingClass => new(25);
    public static RandomStream TilingInstance => new(26);
    public static RandomStream DotInstance => new(27);
}
