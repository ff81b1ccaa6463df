using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// CMA-ES as in Hansen's tutorial (arXiv:1604.00772): rank-one and rank-µ updates with positive weights, cumulative step-size adaptation. For functions that have
/// no gradient, of up to some hundred variables.
/// </summary>
static class CovarianceMatrixAdaptation
{
    const double SmallestStep = 1e-14;
    const double LargestCondition = 1e14;

    /// <summary>Minimises a function.</summary>
    /// <param name="objective">The value at a point; what is not finite counts as the worst.</param>
    /// <param name="start">Where to start; evaluated first, so that the result is never worse.</param>
    /// <param name="deviation">The first standard deviation in every direction.</param>
    /// <param name="evaluations">The most evaluations.</param>
    /// <param name="random">Where the points are drawn from.</param>
    /// <param name="bound">Each variable stays in [−bound, bound]: a point outside is moved to the nearest one inside before it is looked at. Default unbounded.</param>
    /// <param name="another">Asked before each evaluation but the first, whether it may be made; always where null.</param>
    public static SearchMinimum Minimise(Func<IReadOnlyList<double>, double> objective, IReadOnlyList<double> start, double deviation, int evaluations,
        SeededRandom random, double bound = double.PositiveInfinity, Func<bool>? another = null)
    {
        int n = start.Count, population = 4 + (int)(3 * Math.Log(n)), parents = population / 2;
        double[] weights = [.. Enumerable.Range(1, parents).Select(i => Math.Log((population + 1) / 2.0) - Math.Log(i))];
        double sum = weights.Sum();
        for (int i = 0; i < parents; i++) weights[i] /= sum;
        double effective = 1 / weights.Sum(w => w * w);
        double stepRate = (effective + 2) / (n + effective + 5);
        double damping = 1 + 2 * Math.Max(0, Math.Sqrt((effective - 1) / (n + 1)) - 1) + stepRate;
        double pathRate = (4 + effective / n) / (n + 4 + 2 * effective / n);
        double one = 2 / ((n + 1.3) * (n + 1.3) + effective);
        double many = Math.Min(1 - one, 2 * (effective - 2 + 1 / effective) / ((n + 2) * (n + 2) + effective));
        double expectedLength = Math.Sqrt(n) * (1 - 1.0 / (4 * n) + 1.0 / (21.0 * n * n));

        double[] mean = [.. start], stepPath = new double[n], path = new double[n];
        var covariance = Identity(n);
        var best = new SearchMinimum([.. mean], Value(objective(mean)), 1);
        for (int generation = 1; best.Evaluations < evaluations; generation++)
        {
            // By the symmetric root: unlike eigenvectors it has no signs of its own, so that all machines draw the same points.
            if (Roots(covariance, n) is not { } roots || deviation * roots.Largest < SmallestStep) break;
            var offspring = new List<(double[] Step, double Value)>();
            for (int k = 0; k < population && best.Evaluations < evaluations; k++)
            {
                double[] normal = [.. Enumerable.Range(0, n).Select(_ => random.NextNormal())];
                double[] step = Times(roots.Root, normal);
                double[] point = [.. mean.Zip(step, (m, s) => Math.Clamp(m + deviation * s, -bound, bound))];
                if (another?.Invoke() == false) return best;
                double value = Value(objective(point));
                best = value < best.Value ? new(point, value, best.Evaluations + 1) : best with { Evaluations = best.Evaluations + 1 };
                offspring.Add(([.. point.Zip(mean, (p, m) => (p - m) / deviation)], value));
            }
            if (offspring.Count < population) break;
            double[][] selected = [.. offspring.OrderBy(child => child.Value).Take(parents).Select(child => child.Step)];   // a stable order
            var move = new double[n];
            for (int i = 0; i < parents; i++)
                for (int j = 0; j < n; j++) move[j] += weights[i] * selected[i][j];
            double[] white = Times(roots.Inverse, move);
            for (int j = 0; j < n; j++)
            {
                mean[j] += deviation * move[j];
                stepPath[j] = (1 - stepRate) * stepPath[j] + Math.Sqrt(stepRate * (2 - stepRate) * effective) * white[j];
            }
            double length = Math.Sqrt(stepPath.Sum(p => p * p));
            bool moves = length / Math.Sqrt(1 - Math.Pow(1 - stepRate, 2 * generation)) < (1.4 + 2.0 / (n + 1)) * expectedLength;
            for (int j = 0; j < n; j++)
                path[j] = (1 - pathRate) * path[j] + (moves ? Math.Sqrt(pathRate * (2 - pathRate) * effective) * move[j] : 0);
            double kept = 1 - one - many + (moves ? 0 : one * pathRate * (2 - pathRate));
            for (int r = 0; r < n; r++)
            {
                for (int c = 0; c < n; c++)
                {
                    double spread = 0;
                    for (int i = 0; i < parents; i++) spread += weights[i] * selected[i][r] * selected[i][c];
                    covariance[r, c] = kept * covariance[r, c] + one * path[r] * path[c] + many * spread;
                }
            }
            deviation *= Math.Exp(Math.Min(1, stepRate / damping * (length / expectedLength - 1)));
        }
        return best;
    }

    static double Value(double value) => double.IsNaN(value) ? double.PositiveInfinity : value;

    static double[,] Identity(int n)
    {
        var identity = new double[n, n];
        for (int i = 0; i < n; i++) identity[i, i] = 1;
        return identity;
    }

    static double[] Times(double[,] matrix, double[] vector)
    {
        var product = new double[vector.Length];
        for (int r = 0; r < vector.Length; r++)
            for (int c = 0; c < vector.Length; c++) product[r] += matrix[r, c] * vector[c];
        return product;
    }

    // C^½ and C^−½ and the largest standard deviation; null where C is as good as singular.
    static (double[,] Root, double[,] Inverse, double Largest)? Roots(double[,] covariance, int n)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (values, vectors) = linalg.eigh(tensor(covariance));
        double[] spread = values.data<double>().ToArray();   // ascending
        if (!(spread[0] > 0) || spread[^1] > LargestCondition * spread[0]) return null;
        return (Read(vectors.mul(values.sqrt()).matmul(vectors.t())), Read(vectors.div(values.sqrt()).matmul(vectors.t())), Math.Sqrt(spread[^1]));

        double[,] Read(Tensor matrix)
        {
            double[] flat = matrix.contiguous().data<double>().ToArray();
            var read = new double[n, n];
            Buffer.BlockCopy(flat, 0, read, 0, flat.Length * sizeof(double));
            return read;
        }
    }
}

/// <summary>The best point that a search found.</summary>
/// <param name="Point">The point.</param>
/// <param name="Value">Its value; infinite where none was finite.</param>
/// <param name="Evaluations">The evaluations that were made.</param>
sealed record SearchMinimum(IReadOnlyList<double> Point, double Value, int Evaluations);
