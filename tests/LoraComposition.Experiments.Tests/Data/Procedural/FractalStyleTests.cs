using LoraComposition.FewShot;

namespace LoraComposition.Experiments.Tests.Data.Procedural;

public class FractalStyleTests
{
    static readonly int[] Classes = [3, 50, 700];

    [Fact]
    public void StylesKeepLabelsAndClassNames()
    {
        var points = In(FractalStyle.Points);

        foreach (var style in Enum.GetValues<FractalStyle>())
        {
            In(style).Labels().Should().Equal(points.Labels());
            In(style).ClassNames.Should().Equal(points.ClassNames);
        }
    }

    [Fact]
    public void AnInstanceHasTheSamePoseInEveryStyle()
    {
        // Where the flat ground of a cartoon ends there must be a shape in the picture of points, within the width of outline and blur.
        ImageDataset points = In(FractalStyle.Points), cartoons = In(FractalStyle.Cartoon);
        for (int i = 0; i < points.Count; i++)
        {
            var cloud = points.Decode(i);
            float[] brightness = Brightness.Of(cloud);
            var shape = BoundsWhere(cloud, p => brightness[p] > 60);
            var cartoon = cartoons.Decode(i);
            var drawn = BoundsWhere(cartoon, p => !Pixel(cartoon, p).SequenceEqual(Ground(cartoon)));

            drawn.Left.Should().BeApproximately(shape.Left, 5);
            drawn.Right.Should().BeApproximately(shape.Right, 5);
            drawn.Top.Should().BeApproximately(shape.Top, 5);
            drawn.Bottom.Should().BeApproximately(shape.Bottom, 5);
        }
    }

    [Fact]
    public void SketchesAreDarkLinesOnBrightPaper() => Pictures(FractalStyle.Sketch).Should().AllSatisfy(image =>
    {
        Brightness.Of(image).Order().ElementAt(512).Should().BePositive("most pixels are paper, brighter than the average");
        image.Pixels.ToArray().Order().ElementAt(1536).Should().BeGreaterThan(150);
    });

    [Fact]
    public void CartoonsHaveAtMostFourColours() => Pictures(FractalStyle.Cartoon).Should().AllSatisfy(image =>
        Enumerable.Range(0, 1024).Select(p => Convert.ToHexString(Pixel(image, p))).Distinct().Should().HaveCountGreaterThanOrEqualTo(3).And.HaveCountLessThanOrEqualTo(4));

    [Fact]
    public void PaintingsAreSmootherThanPoints() =>
        Pictures(FractalStyle.Painting).Average(Roughness).Should().BeLessThan(0.3 * Pictures(FractalStyle.Points).Average(Roughness));

    [Fact]
    public void PaintingsHaveAStructuredGround()
    {
        // The ground of points is a slope and noise, of which smoothing leaves little; strokes stay.
        static float Spread(RgbImage image) => GridSlope.Apply(GridBlur.Apply(GridBlur.Apply(Brightness.Of(image), 32), 32), 32).Order().ElementAt(400);

        Pictures(FractalStyle.Painting).Average(Spread).Should().BeGreaterThan(2 * Pictures(FractalStyle.Points).Average(Spread));
    }

    static FractalDataset In(FractalStyle style) => new(Classes, 8, style: style);

    static RgbImage[] Pictures(FractalStyle style)
    {
        var data = In(style);
        return [.. Enumerable.Range(0, data.Count).Select(data.Decode)];
    }

    /// <summary>The change from pixel to pixel that a parabola through three pixels does not explain, in parts of the picture's own deviation.</summary>
    static double Roughness(RgbImage image)
    {
        float[] b = Brightness.Of(image);
        double variance = b.Average(x => (double)x * x);
        return Enumerable.Range(1, 1022).Where(i => i % 32 is > 0 and < 31).Average(i => Math.Pow(b[i - 1] - 2 * b[i] + b[i + 1], 2)) / variance;
    }

    static byte[] Pixel(RgbImage image, int p) => image.Pixels.Slice(3 * p, 3).ToArray();

    static byte[] Ground(RgbImage image) => Convert.FromHexString(Enumerable.Range(0, 1024).GroupBy(p => Convert.ToHexString(Pixel(image, p))).MaxBy(g => g.Count())!.Key);

    static PointBounds BoundsWhere(RgbImage image, Func<int, bool> shown) =>
        PointBounds.Of([.. Enumerable.Range(0, image.Width * image.Height).Where(shown).Select(p => new Point(p % image.Width, p / image.Width))]);
}
