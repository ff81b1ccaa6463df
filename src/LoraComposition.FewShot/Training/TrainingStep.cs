using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>One step of training: gradients, clipping, AdamW. Nothing in it waits for the device, so the host prepares the next step while a GPU computes this one.</summary>
internal sealed class TrainingStep : IDisposable
{
    readonly MasterWeights masters = new();
    readonly TrainableGroup[] groups;
    readonly Parameter[] parameters;
    readonly AdamW optimizer;
    readonly double? clipNorm;

    /// <param name="groups">What trains, and how fast.</param>
    /// <param name="clipNorm">The norm to which the gradient is clipped; null: not clipped.</param>
    public TrainingStep(IReadOnlyList<TrainableGroup> groups, double? clipNorm)
    {
        this.groups = [.. groups.Select(group => group with { Parameters = masters.For(group.Parameters) })];
        parameters = [.. this.groups.SelectMany(group => group.Parameters)];
        optimizer = optim.AdamW(this.groups.Select(group => new AdamW.ParamGroup(group.Parameters.ToList(), group.LearningRate, weight_decay: group.WeightDecay)));
        this.clipNorm = clipNorm;
    }

    /// <summary>What the optimizer changes: the parameters, or float32 copies of 16-bit ones.</summary>
    public IReadOnlyList<Parameter> Parameters => parameters;

    /// <summary>Makes the step.</summary>
    /// <param name="rate">The part of the full learning rates.</param>
    /// <param name="loss">The mean loss of the batch, with its graph.</param>
    /// <returns>The loss. The caller's dispose scope owns it.</returns>
    public Tensor Run(double rate, Func<Tensor> loss)
    {
        foreach (var (controller, group) in optimizer.ParamGroups.Zip(groups)) controller.LearningRate = rate * group.LearningRate;
        var value = loss();
        value.backward();
        masters.TakeGradients();
        if (clipNorm is { } norm) GradientClipping.Clip(parameters, norm);
        optimizer.step();
        optimizer.zero_grad();
        masters.GiveBack();
        return value;
    }

    /// <summary>Rounds <see cref="Parameters"/> into the model, after they were changed from outside.</summary>
    public void GiveBack() => masters.GiveBack();

    public void Dispose()
    {
        optimizer.Dispose();
        masters.Dispose();
    }
}
