using LoraComposition.FewShot;

namespace LoraComposition.Experiments.Tests.Data.Procedural;

public class SmoothNoiseTests
{
    [Fact]
    public void ChangesSlowlyAlongAndQuicklyAcross()
    {
        // Turned by a right angle: cells are 8 long downwards and 2 wide to the right.
        var noise = new SmoothNoise(new SeededRandom(ExperimentStreams.FractalInstance, 1), new Rotation(0, 1), 8, 2);
        float down = 0, right = 0;
        for (int y = 0; y < 64; y++)
        {
            for (int x = 0; x < 64; x++)
            {
                noise.At(x, y).Should().BeInRange(0, 1);
                down += MathF.Abs(noise.At(x, y + 1) - noise.At(x, y));
                right += MathF.Abs(noise.At(x + 1, y) - noise.At(x, y));
            }
        }

        (right / down).Should().BeInRange(3, 5);
    }

    [Fact]
    public void HasNoJumps()
    {
        var noise = new SmoothNoise(new SeededRandom(ExperimentStreams.FractalInstance, 1), new Rotation(0.6f, 0.8f), 4, 4);

        for (float x = -40; x < 40; x += 0.01f) MathF.Abs(noise.At(x + 0.01f, 3) - noise.At(x, 3)).Should().BeLessThan(0.01f);
    }
}
