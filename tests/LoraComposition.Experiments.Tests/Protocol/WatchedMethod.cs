using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;

namespace LoraComposition.Experiments.Tests.Protocol;

/// <summary>A method that compares the model's own parameters before it begins and after it ends, and can be told what to do when it begins.</summary>
internal sealed class WatchedMethod(ITuningMethod inner, Action? begins = null) : ITuningMethod
{
    public string Name => inner.Name;

    public StartingPoint Start => inner.Start;

    public bool NeedsModules => inner.NeedsModules;

    public bool KeepsBase => inner.KeepsBase;

    public TuningOptions ScaleRate(TuningOptions options, double factor) => inner.ScaleRate(options, factor);

    public int Begun { get; private set; }

    /// <summary>The parameters that had changed when the tuning ended.</summary>
    public string[] Changed { get; private set; } = [];

    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        Begun++;
        begins?.Invoke();
        var before = Snapshot.Of(model.named_parameters());
        return new Tuning(inner.Begin(model, modules, options, seed),
            () => Changed = [.. Snapshot.Of(model.named_parameters()).Where(p => !p.Value.SequenceEqual(before[p.Key])).Select(p => p.Key)]);
    }

    sealed class Tuning(ITuning tuning, Action ended) : ITuning
    {
        public IReadOnlyList<TrainableGroup> Trained => tuning.Trained;

        public TorchSharp.torch.Tensor? Penalty() => tuning.Penalty();

        public TuningFindings? ToFindings() => tuning.ToFindings();

        public IDisposable? FixForEvaluation() => tuning.FixForEvaluation();

        public LoraAdapter? ToAdapter(string name) => tuning.ToAdapter(name);

        public CompositionWeights? ToWeights() => tuning.ToWeights();

        public void Dispose()
        {
            tuning.Dispose();
            ended();
        }
    }
}
