using LoraComposition.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

// Which of many modules suit some samples.
public abstract partial class FewShotTrainer<TModel>
{
    /// <summary>Ranks the modules by how well they suit the samples, so that a method can compose the best of hundreds.</summary>
    /// <param name="choice">How they are compared.</param>
    /// <param name="samples">What to look at.</param>
    /// <param name="count">How many to take, k.</param>
    /// <param name="options">The settings of the heads; defaults where not given.</param>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two modules.</param>
    /// <returns>The k best, the best first; of equals the first.</returns>
    /// <exception cref="ArgumentException">A setting lies outside its range, or there are no modules.</exception>
    /// <exception cref="ArgumentOutOfRangeException">k is not between 1 and the number of modules.</exception>
    /// <exception cref="AdapterMismatchException">A module does not fit the model.</exception>
    /// <exception cref="NonFiniteException">A score is NaN; the message names the module.</exception>
    /// <exception cref="NotSupportedException">The kind of task has not what is compared.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<RankedModule> ChooseModules(IModuleChoice choice, FewShotSamples samples, int count, TuningOptions? options = null,
        IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(choice);
        ArgumentNullException.ThrowIfNull(samples);
        options ??= new TuningOptions();
        options.Validate();
        if (Modules.Count == 0) throw new ArgumentException($"'{choice.Name}' chooses among modules, and none are given.", nameof(choice));
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Modules.Count);
        if (!samples.Equals(current)) ForgetHeads();
        current = samples;
        Prepare(samples, progress ?? NullProgressReporter.Instance, cancellation);
        using var trials = new Trials(this, samples, options, progress ?? NullProgressReporter.Instance, cancellation);
        var scores = choice.Score(trials);
        if (scores.Count != Modules.Count) throw new ArgumentException($"'{choice.Name}' gave {scores.Count} scores, expected one for each of {Modules.Count} modules.", nameof(choice));
        for (int n = 0; n < scores.Count; n++)
            if (double.IsNaN(scores[n])) throw new NonFiniteException($"Adapter '{Modules[n].Name}': its score by '{choice.Name}' is NaN; check the adapter.");
        return [.. scores.Select((score, module) => new RankedModule(module, Modules[module].Name, score)).OrderByDescending(ranked => ranked.Score).Take(count)];
    }

    /// <summary>
    /// The gradient of the mean loss with respect to one weight for each module, shared by all layers, at their mean. Each is ⟨∂L/∂W, ΔWₙ⟩ summed over the layers, so
    /// that one backward pass serves any number of modules.
    /// </summary>
    double[] GradientOfWeights(FewShotSamples samples, TuningOptions options, IProgressReporter progress, CancellationToken cancellation)
    {
        using var model = LoadModel(samples.Support.Seed);
        TrainHead(model, StartingPoint.UniformComposition, "gradient", samples, options, headAlone: true, progress, cancellation);
        var layers = new List<Linear>();
        using (var mean = Composition.Attach(model, Modules, (_, layer, updates) =>
        {
            layers.Add(layer);
            return new UniformComposer(layer, updates);
        })) mean.MergeIntoBase();
        foreach (var (_, parameter) in model.named_parameters()) parameter.requires_grad = false;
        foreach (var layer in layers) layer.weight!.requires_grad = true;
        ((nn.Module)(object)model).eval();
        using (var batches = OpenBatches(model, samples.Support.Indices, ImageAugmentation.None, samples.Support.Seed))
        {
            foreach (int[] batch in samples.Support.Indices.Chunk(options.EvaluationBatchSize))
            {
                cancellation.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                using Scalar share = (double)batch.Length / samples.Support.Indices.Count;
                batches.Loss(batch).mul(share).backward();
            }
        }
        return [.. Modules.Select(module =>
        {
            cancellation.ThrowIfCancellationRequested();
            return Slope(model, module);
        })];
    }

    static double Slope(TModel model, LoraAdapter module)
    {
        using var noGrad = no_grad();
        double slope = 0;
        // The composer stands in for a visit of the layers that the module adapts.
        using var visited = Composition.Attach(model, [module], (_, layer, updates) =>
        {
            using var scope = NewDisposeScope();
            var update = updates[0]!;
            // What nothing reads has none, as the pooling that a classifier of SigLIP keeps.
            if (layer.weight!.grad is not { } own) return new UniformComposer(layer, updates);
            var gradient = own.to(ScalarType.Float32);
            var (a, b) = (update.A.to(gradient.device), update.B.to(gradient.device));
            slope += update.Scaling * b.t().matmul(gradient).mul(a).sum().to(ScalarType.Float64).item<double>();   // [r, in]
            return new UniformComposer(layer, updates);
        });
        return slope;
    }
}
