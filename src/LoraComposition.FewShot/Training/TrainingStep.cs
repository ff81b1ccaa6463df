using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// One step of training: gradients, clipping, AdamW. Nothing in it waits for the device, so the host prepares the next step while a GPU computes this one.
/// </summary>
internal sealed class TrainingStep : IDisposable
{
    readonly MasterWeights masters = new();
    readonly Group[] groups;
    readonly Parameter[] parameters;
    readonly AdamW optimizer;
    readonly double? clipNorm;

    /// <param name="groups">What trains, and how fast.</param>
    /// <param name="clipNorm">The norm to which the gradient of each group is clipped; null: not clipped.</param>
    public TrainingStep(IReadOnlyList<TrainableGroup> groups, double? clipNorm)
    {
        this.groups = [.. groups.Select(group => new Group(group with { Parameters = masters.For(group.Parameters) }))];
        parameters = [.. this.groups.SelectMany(group => group.Settings.Parameters)];
        optimizer = optim.AdamW(this.groups.Select(group => new AdamW.ParamGroup(group.Optimised.ToList(), group.Settings.LearningRate, weight_decay: group.Settings.WeightDecay)));
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
        foreach (var (controller, group) in optimizer.ParamGroups.Zip(groups)) controller.LearningRate = rate * group.Settings.LearningRate;
        var value = loss();
        value.backward();
        masters.TakeGradients();
        foreach (var group in groups) group.Flat?.TakeGradients();
        if (clipNorm is { } norm)
            foreach (var group in groups) GradientClipping.Clip(group.Optimised, norm);
        optimizer.step();
        optimizer.zero_grad();
        foreach (var group in groups) group.Flat?.DropGradients();
        masters.GiveBack();
        return value;
    }

    /// <summary>AdamW's first and second moments of each of <see cref="Parameters"/>: its own memory, whose handles the caller's dispose scope may own.</summary>
    public IReadOnlyList<(Tensor First, Tensor Second)> Moments
    {
        get
        {
            var moments = new Dictionary<Parameter, (Tensor, Tensor)>(ReferenceEqualityComparer.Instance);
            foreach (var ((group, optimised), state) in groups.SelectMany(group => group.Optimised.Select(optimised => (group, optimised))).Zip(States()))
                if (group.Flat is { } flat && ReferenceEquals(optimised, flat.Whole))
                    foreach (var (parameter, first, second) in flat.Parameters.Zip(flat.PartsOf(state.exp_avg), flat.PartsOf(state.exp_avg_sq))) moments[parameter] = (first, second);
                else moments[optimised] = (state.exp_avg, state.exp_avg_sq);
            return [.. parameters.Select(parameter => moments[parameter])];
        }
    }

    /// <summary>Says how many steps were made before, which AdamW's correction of its moments depends on.</summary>
    public void SetStep(int step)
    {
        foreach (var state in States()) state.step = step;
    }

    // In the order of what is optimised, group by group.
    IEnumerable<AdamW.State> States() => optimizer.state_dict().State.Cast<AdamW.State>();

    /// <summary>Rounds <see cref="Parameters"/> into the model, after they were changed from outside.</summary>
    public void GiveBack() => masters.GiveBack();

    public void Dispose()
    {
        optimizer.Dispose();
        foreach (var group in groups) group.Flat?.Dispose();
        masters.Dispose();
    }

    /// <summary>A group as the optimizer sees it: the small parameters as one, the others each for itself.</summary>
    sealed class Group
    {
        public Group(TrainableGroup settings)
        {
            Settings = settings;
            var parameters = settings.Parameters;
            Parameter[] small = [.. parameters.Where(p => p.dtype == ScalarType.Float32 && p.numel() <= FlatParameters.LargestPart && SameDevice(p, parameters[0]))];
            if (small.Length > 1) Flat = new FlatParameters(small);
            Optimised = Flat is null ? parameters : [Flat.Whole, .. parameters.Except<Parameter>(small, ReferenceEqualityComparer.Instance)];
        }

        public TrainableGroup Settings { get; }

        public IReadOnlyList<Parameter> Optimised { get; }

        public FlatParameters? Flat { get; }

        static bool SameDevice(Tensor one, Tensor other) => one.device_type == other.device_type && one.device_index == other.device_index;
    }
}

/// <summary>Parameters that train with one learning rate.</summary>
/// <param name="Parameters">The parameters. Not owned.</param>
/// <param name="LearningRate">The highest learning rate of the schedule.</param>
/// <param name="WeightDecay">AdamW's weight decay.</param>
public sealed record TrainableGroup(IReadOnlyList<Parameter> Parameters, double LearningRate, double WeightDecay = 0);

/// <summary>
/// Scales the gradients of all parameters together down to a norm, as <c>clip_grad_norm_</c> does, but without reading the norm back: that would wait for the
/// device.
/// </summary>
internal static class GradientClipping
{
    // torch's own, against a norm of zero.
    static readonly Scalar epsilon = 1e-6, one = 1;

    /// <param name="parameters">The parameters, on one device and with gradients of one type. Those without a gradient are left.</param>
    /// <param name="maxNorm">The largest Euclidean norm that stays as it is.</param>
    public static void Clip(IReadOnlyList<Parameter> parameters, double maxNorm)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Tensor[] gradients = [.. parameters.Select(p => p.grad).OfType<Tensor>()];
        if (gradients.Length == 0) return;
        var norm = stack(gradients.Select(g => g.norm())).norm();
        // Steps run beside garbage collections of other threads, so the numbers that torch reads are held.
        using Scalar largest = maxNorm;
        var factor = norm.add(epsilon, one).reciprocal().mul(largest).clamp_max(one);
        foreach (var gradient in gradients) gradient.mul_(factor);
    }
}

/// <summary>
/// Float32 copies of 16-bit parameters, which the optimizer changes in their place: a 16-bit number cannot take the small steps of training.
/// Parameters of other types pass through as they are.
/// </summary>
internal sealed class MasterWeights : IDisposable
{
    readonly List<(Parameter Model, Parameter Master)> pairs = [];

    /// <summary>The parameters for the optimizer in place of the given ones.</summary>
    public IReadOnlyList<Parameter> For(IReadOnlyList<Parameter> parameters) => parameters.Select(parameter =>
    {
        if (parameter.dtype.ElementSize() > 2) return parameter;
        using var value = parameter.detach();
        var master = (Parameter)new Parameter(value.to(ScalarType.Float32)).DetachFromDisposeScope();
        pairs.Add((parameter, master));
        return master;
    }).ToArray();

    /// <summary>Hands the gradients over, before clipping and the optimizer's step.</summary>
    public void TakeGradients()
    {
        foreach (var (model, master) in pairs)
        {
            if (model.grad is not { } gradient) continue;
            master.grad = gradient.to(ScalarType.Float32);
            model.grad = null;
        }
    }

    /// <summary>Rounds the changed copies back into the model, after the optimizer's step or after an old state was put back.</summary>
    public void GiveBack()
    {
        using var noGrad = no_grad();
        foreach (var (model, master) in pairs) model.copy_(master);
    }

    public void Dispose()
    {
        foreach (var (_, master) in pairs) master.Dispose();
    }
}
