using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// Multinomial logistic regression with an L2 penalty: minimises <c>Σ over images of the mean cross-entropy of their copies + ½·penalty·scale²·‖W‖²</c>, scale
/// the root mean square of the centred features.
/// </summary>
static class HeadRegression
{
    const int Iterations = 500;
    const double Tolerance = 1e-5;

    /// <summary>Fits a head. The caller owns the result.</summary>
    /// <param name="features">The features.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="penalty">The penalty.</param>
    /// <param name="start">Where to start, for example the head of the next larger penalty; zero where null.</param>
    public static LinearHead Fit(ImageFeatures features, int classes, double penalty, LinearHead? start = null)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        // Float64, so that the search stops at the minimum and not in the noise around it.
        var values = features.Values.to(ScalarType.Float64);
        var mean = values.mean([0L], keepdim: true);   // [1, d]
        var centred = values - mean;   // [images · copies, d]
        double scale = Scale(centred);
        // The search runs beside garbage collections of other threads, so the numbers that torch reads in it are held.
        using Scalar count = centred.shape[0], one = 1, minusOne = -1, by = scale, perImage = penalty / features.Images;
        var inputs = cat([centred.div_(by), ones(centred.shape[0], 1, dtype: ScalarType.Float64, device: centred.device)], 1);   // [images · copies, d + 1], the bias last
        long width = inputs.shape[1] - 1;
        var targets = nn.functional.one_hot(features.Labels.repeat_interleave(features.Copies), classes).to(ScalarType.Float64);
        // The bias is not penalised.
        var decay = ones(width + 1, dtype: ScalarType.Float64, device: inputs.device).mul_(perImage);
        decay[-1] = tensor(0.0, device: inputs.device);

        (double Value, Tensor Gradient) Objective(Tensor parameters)
        {
            var weight = parameters.view(classes, width + 1);
            var logits = inputs.matmul(weight.t());   // [images · copies, classes]
            var logProbabilities = logits.log_softmax(1);
            var shrunk = weight * decay;
            double value = -(logProbabilities * targets).sum().item<double>() / inputs.shape[0] + 0.5 * (shrunk * weight).sum().item<double>();
            var gradient = logProbabilities.exp_().add_(targets, minusOne).t().matmul(inputs).div_(count).add_(shrunk, one);
            return (value, gradient.view(-1));
        }

        var initial = start is null ? zeros(classes, width + 1, dtype: ScalarType.Float64, device: inputs.device)
            : cat([start.Weight.mul(by), start.Bias.add(start.Weight.matmul(mean.squeeze(0)), one).unsqueeze(1)], 1);
        var fitted = LimitedMemoryBfgs.Minimise(Objective, initial.view(-1), Iterations, Tolerance).view(classes, width + 1);
        var raw = fitted.narrow(1, 0, width).div(by);
        return new LinearHead(raw.MoveToOuterDisposeScope(), fitted.select(1, width).add(raw.matmul(mean.squeeze(0)), minusOne).MoveToOuterDisposeScope());
    }

    /// <summary>The root mean square of features around their mean, <c>[n, d]</c>.</summary>
    public static double ScaleOf(ImageFeatures features)
    {
        using var scope = NewDisposeScope();
        return Scale(features.Values - features.Values.mean([0L], keepdim: true));
    }

    static double Scale(Tensor centred) => Math.Max(centred.square().mean().sqrt().to(ScalarType.Float64).item<double>(), 1e-6);
}
