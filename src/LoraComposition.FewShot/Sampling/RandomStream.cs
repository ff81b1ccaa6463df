
namespace LoraComposition.FewShot;

/// <summary>What a seeded draw is for: uses with one seed stay independent of each other. The numbers are part of every recorded result.</summary>
internal enum RandomStream
{
    FewShot = 1,
    Validation = 2,
    BatchOrder = 3,
    FractalClass = 4,
    FractalInstance = 5,
    OptionOrder = 6,
    ProceduralText = 7,
    WorkShard = 8,
    TestPart = 9,
    PolygonInstance = 20,
    GlyphClass = 21,
    GlyphInstance = 22,
    TextureClass = 23,
    TextureInstance = 24,
    TilingClass = 25,
    TilingInstance = 26,
    DotInstance = 27,
}
