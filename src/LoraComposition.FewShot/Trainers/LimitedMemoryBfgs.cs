using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// L-BFGS (Nocedal and Wright, algorithm 7.5) with a backtracking line search, for smooth convex functions. TorchSharp's own writes a warning to the error stream
/// in every step and has no line search.
/// </summary>
/// <remarks>It runs beside garbage collections of other threads, so every number that torch reads is held.</remarks>
static class LimitedMemoryBfgs
{
    const int History = 10;
    const int Halvings = 30;
    const double SufficientDecrease = 1e-4;
    const double SmallestCurvature = 1e-12;
    const double SmallestDecrease = 1e-9;
    static readonly Scalar minusOne = -1;

    /// <summary>Minimises a function.</summary>
    /// <param name="objective">The value and the gradient <c>[n]</c> at a point <c>[n]</c>, float64. Runs in a dispose scope of its own.</param>
    /// <param name="start">Where to start, <c>[n]</c>; kept.</param>
    /// <param name="iterations">The most iterations.</param>
    /// <param name="tolerance">The largest magnitude of a gradient's element at which it stops.</param>
    /// <returns>The minimum, <c>[n]</c>. The caller's dispose scope owns it.</returns>
    public static Tensor Minimise(Func<Tensor, (double Value, Tensor Gradient)> objective, Tensor start, int iterations, double tolerance)
    {
        using var scope = NewDisposeScope();
        var point = start.clone();
        var (value, gradient) = objective(point);
        var steps = new List<(Tensor Step, Tensor Change, double Curvature)>();
        for (int i = 0; i < iterations && gradient.abs().max().item<double>() > tolerance; i++)
        {
            using var inner = NewDisposeScope();
            var direction = Direction(gradient, steps);
            double slope = direction.dot(gradient).item<double>();
            double length = steps.Count == 0 ? Math.Min(1, 1 / gradient.norm().item<double>()) : 1;
            if (Search(objective, point, value, direction, slope, length) is not { } found) break;
            var (step, change) = (found.Point.add(point, minusOne), found.Gradient.add(gradient, minusOne));
            double curvature = step.dot(change).item<double>();
            if (curvature > SmallestCurvature) steps.Add((step.MoveToOuterDisposeScope(), change.MoveToOuterDisposeScope(), curvature));
            if (steps.Count > History)
            {
                steps[0].Step.Dispose();
                steps[0].Change.Dispose();
                steps.RemoveAt(0);
            }
            bool done = value - found.Value <= SmallestDecrease * Math.Abs(value);
            point.Dispose();
            gradient.Dispose();
            (point, value, gradient) = (found.Point.MoveToOuterDisposeScope(), found.Value, found.Gradient.MoveToOuterDisposeScope());
            if (done) break;
        }
        return point.MoveToOuterDisposeScope();
    }

    // Half the step until the function falls enough; null where it does not, which rounding causes at the minimum.
    static (Tensor Point, double Value, Tensor Gradient)? Search(Func<Tensor, (double Value, Tensor Gradient)> objective, Tensor point, double value,
        Tensor direction, double slope, double length)
    {
        for (int i = 0; i < Halvings; i++, length /= 2)
        {
            using var scope = NewDisposeScope();
            using Scalar held = length;
            var next = point.add(direction, held);
            var (found, gradient) = objective(next);
            if (found <= value + SufficientDecrease * length * slope) return (next.MoveToOuterDisposeScope(), found, gradient.MoveToOuterDisposeScope());
        }
        return null;
    }

    // The two loops over the history.
    static Tensor Direction(Tensor gradient, List<(Tensor Step, Tensor Change, double Curvature)> steps)
    {
        var direction = gradient.neg();
        double[] kept = new double[steps.Count];
        for (int i = steps.Count - 1; i >= 0; i--)
        {
            kept[i] = steps[i].Step.dot(direction).item<double>() / steps[i].Curvature;
            using Scalar held = -kept[i];
            direction.add_(steps[i].Change, held);
        }
        using Scalar scale = steps.Count > 0 ? steps[^1].Curvature / steps[^1].Change.dot(steps[^1].Change).item<double>() : 1;
        direction.mul_(scale);
        for (int i = 0; i < steps.Count; i++)
        {
            double again = steps[i].Change.dot(direction).item<double>() / steps[i].Curvature;
            using Scalar held = kept[i] - again;
            direction.add_(steps[i].Step, held);
        }
        return direction;
    }
}
