using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.Vit;

/// <summary>The two filters against their definition, written out place by place.</summary>
public sealed class PositionGridTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData(37, 16, true)]
    [InlineData(37, 16, false)]
    [InlineData(16, 37, true)]
    [InlineData(16, 37, false)]
    [InlineData(5, 4, true)]
    [InlineData(5, 4, false)]
    public void Positions_of_another_grid_are_those_of_the_cubic(int old, int size, bool antialiased)
    {
        using var generator = new Generator(1, CPU);
        var positions = randn(1, 1 + old * old, 3, generator: generator);
        var rows = tensor(Weights(old, size, antialiased)).to(ScalarType.Float32);
        // [old², 3] → rows · [old, old] · rowsᵀ for each channel
        var grid = positions[0, 1..].view(old, old, 3).permute(2, 0, 1);
        var expected = rows.matmul(grid).matmul(rows.t()).permute(1, 2, 0).reshape(size * size, 3);

        var resized = PositionGrid.Interpolate(positions, size, front: 1, antialiased ? GridFilter.Antialiased : GridFilter.Plain);
        resized.shape.Should().Equal(1, 1 + size * size, 3);
        resized[0, 0].ShouldBeIdentical(positions[0, 0]);
        resized[0, 1..].ShouldBeClose(expected, 1e-5);
        PositionGrid.Interpolate(positions.squeeze(0), size, front: 1, antialiased ? GridFilter.Antialiased : GridFilter.Plain).ShouldBeIdentical(resized[0]);
        PositionGrid.Interpolate(positions[.., 1..], size, front: 0, antialiased ? GridFilter.Antialiased : GridFilter.Plain).ShouldBeIdentical(resized[.., 1..]);
    }

    [Fact]
    public void Of_16_bits_it_is_computed_in_32()
    {
        var positions = rand(1, 17, 2).to(ScalarType.BFloat16);
        PositionGrid.Interpolate(positions, 6, 1, GridFilter.Plain).ShouldBeIdentical(PositionGrid.Interpolate(positions.to(ScalarType.Float32), 6, 1, GridFilter.Plain).to(ScalarType.BFloat16));
    }

    static double[,] Weights(int old, int size, bool antialiased)
    {
        double scale = (double)old / size, stretch = antialiased ? Math.Max(scale, 1) : 1, a = antialiased ? -0.5 : -0.75;
        var weights = new double[size, old];
        for (int i = 0; i < size; i++)
        {
            double centre = scale * (i + 0.5) - 0.5, sum = 0;
            for (int j = (int)Math.Floor(centre - 2 * stretch); j <= centre + 2 * stretch + 1; j++)
            {
                double weight = Cubic((j - centre) / stretch, a);
                // What lies outside is left out where the filter is stretched, else the edge stands for it.
                if (antialiased && (j < 0 || j >= old)) continue;
                weights[i, Math.Clamp(j, 0, old - 1)] += weight;
                sum += weight;
            }
            for (int j = 0; j < old; j++) weights[i, j] /= sum;
        }
        return weights;
    }

    static double Cubic(double x, double a)
    {
        x = Math.Abs(x);
        return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
}
