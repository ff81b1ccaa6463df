using LoraComposition.FewShot;

namespace LoraComposition.Experiments.Tests.Data.Procedural;

public class FractalDatasetTests
{
    // The shipped base model was trained on these pictures, and recorded results carry this fingerprint.
    [Fact]
    public void PicturesAndFingerprintOfTheDefaultStyleStay()
    {
        PictureHash.Of(new FractalDataset([60], 1).Decode(0)).Should().Be("c356494bc2b64a4f0fcfb9218186d19e02e73a679369c007a8132cbfa94d420d");
        PictureHash.OfAll(new[] { 8, 32, 65 }.Select(size => new FractalDataset([0, 60, 1000, 1099, 77], 4, size, 3, 5))).Should().Be("2d44970ee82d49fa1927124c1837c2b46bceb71b357b1e85b5cb06fda0fac20b");
        new FractalDataset([0, 60], 4, 32, 3, 5).Fingerprint.Should().Be("0f331a53d2e6e75cb8b94269dbb1ba99584ae175bade7a16f0096a3a4ab77591");
    }

    [Fact]
    public void ClassesAreNamedByTheirNumbers() => new FractalDataset([61, 60], 3).ClassNames.Should().Equal("fractal-0061", "fractal-0060");

    [Fact]
    public void ShapesFillThePictureSensibly()
    {
        var data = new FractalDataset([.. Enumerable.Range(0, 60)], 2, seed: 1);

        for (int i = 0; i < data.Count; i++)
        {
            var pixels = data.Decode(i).Pixels;
            // The corner is background in most pictures; noise reaches 14 a channel and the background's gradient 50.
            int different = 0;
            for (int p = 0; p < pixels.Length; p += 3)
            {
                if (Math.Abs(pixels[p] - pixels[0]) + Math.Abs(pixels[p + 1] - pixels[1]) + Math.Abs(pixels[p + 2] - pixels[2]) > 110) different++;
            }
            (different / 1024.0).Should().BeInRange(0.03, 0.97, "picture {0} must show a shape", i);
        }
    }

    [Fact]
    public void UnseenInstancesAreNearTheShapesOfTheirClass()
    {
        // The nearest of 600 shapes for unseen instances: far above the one in ten of chance, far below certainty.
        int[] classes = [.. Enumerable.Range(100, 10)];
        var train = new FractalDataset(classes, 60);
        var test = new FractalDataset(classes, 10, firstInstance: 60);
        float[][] shapes = [.. Enumerable.Range(0, train.Count).Select(i => Shape(train.Decode(i)))];

        double accuracy = Enumerable.Range(0, test.Count).Average(i => train.Label(Nearest(shapes, Shape(test.Decode(i)))) == test.Label(i) ? 1.0 : 0.0);

        accuracy.Should().BeInRange(0.25, 0.98);
    }

    [Fact]
    public void RefusesAnUnknownStyle() =>
        FluentActions.Invoking(() => new FractalDataset([1], 1, style: (FractalStyle)99)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*style*");

    /// <summary>How bright each pixel is, blurred by 4 × 4 cells, as a unit vector: the shape is bright and its ground dark, whatever their colours.</summary>
    static float[] Shape(RgbImage image)
    {
        float[] brightness = Brightness.Of(image), shape = new float[64];
        for (int i = 0; i < 1024; i++) shape[i / 128 * 8 + i % 32 / 4] += brightness[i];
        float length = MathF.Sqrt(shape.Sum(s => s * s));
        return [.. shape.Select(s => s / length)];
    }

    static int Nearest(float[][] shapes, float[] shape) => Array.IndexOf(shapes, shapes.MaxBy(m => m.Zip(shape, (a, b) => a * b).Sum()));
}
