using System.Security.Cryptography;
using LoraComposition.FewShot.Data;
using LoraComposition.FewShot.Data.Procedural;

namespace LoraComposition.FewShot.Tests.Data.Procedural;

public class FractalDatasetTests
{
    [Fact]
    public void LabelsFollowTheOrderOfTheClasses()
    {
        var data = new FractalDataset([61, 60], 3);

        data.Count.Should().Be(6);
        data.ClassNames.Should().Equal("fractal-0061", "fractal-0060");
        data.Labels().Should().Equal(0, 0, 0, 1, 1, 1);
        (data.Decode(5).Width, data.Decode(5).Height).Should().Be((32, 32));
        FluentActions.Invoking(() => data.Decode(6)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void APictureDependsOnItsClassAndInstanceOnly()
    {
        var many = new FractalDataset([7, 8, 9], 5, seed: 2);
        var one = new FractalDataset([9], 2, seed: 2, firstInstance: 3);

        Hash(one.Decode(1)).Should().Be(Hash(many.Decode(14)));
        Hash(one.Decode(0)).Should().Be(Hash(many.Decode(13)));
    }

    [Fact]
    public void PicturesAreTheSameOnEveryMachine() =>
        // Recorded results depend on these pictures: a change of the formula needs a new version in the fingerprint.
        Hash(new FractalDataset([60], 1).Decode(0)).Should().Be("c356494bc2b64a4f0fcfb9218186d19e02e73a679369c007a8132cbfa94d420d");

    [Fact]
    public void DecodingInParallelChangesNothing()
    {
        var data = new FractalDataset([1, 2], 20);
        string[] parallel = new string[data.Count];
        Parallel.For(0, data.Count, i => parallel[i] = Hash(data.Decode(i)));

        parallel.Should().Equal(Enumerable.Range(0, data.Count).Select(i => Hash(data.Decode(i))));
        parallel.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void SeedsChangeInstances() => Hash(new FractalDataset([1], 1, seed: 1).Decode(0)).Should().NotBe(Hash(new FractalDataset([1], 1, seed: 2).Decode(0)));

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
    public void ClassesCanBeToldApart()
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
    public void FingerprintFollowsEveryParameter()
    {
        string[] prints =
        [
            new FractalDataset([1, 2], 3).Fingerprint, new FractalDataset([2, 1], 3).Fingerprint, new FractalDataset([1, 2], 4).Fingerprint,
            new FractalDataset([1, 2], 3, size: 16).Fingerprint, new FractalDataset([1, 2], 3, seed: 1).Fingerprint, new FractalDataset([1, 2], 3, firstInstance: 1).Fingerprint,
        ];

        prints.Should().OnlyHaveUniqueItems();
        new FractalDataset([1, 2], 3).Fingerprint.Should().Be(prints[0]);
    }

    [Fact]
    public void RefusesWrongParameters()
    {
        FluentActions.Invoking(() => new FractalDataset([], 1)).Should().Throw<ArgumentException>().WithMessage("*no classes*");
        FluentActions.Invoking(() => new FractalDataset([1, 1], 1)).Should().Throw<ArgumentException>().WithMessage("*twice*");
        FluentActions.Invoking(() => new FractalDataset([-1], 1)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new FractalDataset([1], 0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new FractalDataset([1], 1, size: 4)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new FractalDataset([1], 1, style: (FractalStyle)99)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*style*");
    }

    private static string Hash(RgbImage image) => Convert.ToHexStringLower(SHA256.HashData(image.Pixels));

    /// <summary>How bright each pixel is, blurred by 4 × 4 cells, as a unit vector: the shape is bright and its ground dark, whatever their colours.</summary>
    private static float[] Shape(RgbImage image)
    {
        var pixels = image.Pixels;
        float[] shape = new float[64];
        for (int i = 0; i < 1024; i++) shape[i / 128 * 8 + i % 32 / 4] += pixels[3 * i] + pixels[3 * i + 1] + pixels[3 * i + 2];
        float average = shape.Average(), length = MathF.Sqrt(shape.Sum(s => (s - average) * (s - average)));
        return [.. shape.Select(s => (s - average) / length)];
    }

    private static int Nearest(float[][] means, float[] shape) => Array.IndexOf(means, means.MaxBy(m => m.Zip(shape, (a, b) => a * b).Sum()));
}
