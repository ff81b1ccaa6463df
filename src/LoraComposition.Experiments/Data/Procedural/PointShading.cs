using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary><see cref="FractalStyle.Points"/>: the denser the points, the nearer to the foreground's colour.</summary>
internal sealed class PointShading : FractalShading
{
    public override RgbImage Paint(ReadOnlySpan<float> coverage, int size, PictureColours colours, SeededRandom random) => colours.Paint(coverage, size, random);
}
