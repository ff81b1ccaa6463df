using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>The updates of N modules on one layer, for a <see cref="MergeMethod"/>. They are read one after the other, so that not all need be in memory.</summary>
/// <remarks>Does not own the updates it was made of. As thread-safe as what it reads from.</remarks>
public sealed class MergeLayer
{
    readonly Func<int, LoraDelta> read;
    readonly long[] ranks;
    readonly double[] weights;
    readonly IReadOnlyList<string>? names;

    /// <summary>Describes a layer whose updates are in memory.</summary>
    /// <param name="path">The layer's path, for messages and for what a method draws at random.</param>
    /// <param name="updates">One update per module, null where a module leaves the layer alone. They stay the caller's.</param>
    /// <param name="weights">What each update is multiplied with before a method sees it; 1 where not given.</param>
    /// <exception cref="ArgumentException">There is no update, the updates have different shapes, or the weights are not N finite numbers.</exception>
    public MergeLayer(string path, IReadOnlyList<LoraDelta?> updates, IReadOnlyList<double>? weights = null) : this(path, updates, weights, names: null)
    {
    }

    internal MergeLayer(string path, IReadOnlyList<LoraDelta?> updates, IReadOnlyList<double>? weights, IReadOnlyList<string>? names)
        : this(path, [.. Given(updates).Select(update => update is null ? default((long, long, long)?) : (update.OutFeatures, update.InFeatures, update.Rank))],
            Widest(updates), n => new LoraDelta(updates[n]!.A.alias(), updates[n]!.B.alias(), updates[n]!.Scaling), weights, names)
    {
    }

    /// <summary>Describes a layer whose updates are read when they are needed.</summary>
    /// <param name="path">The layer's path.</param>
    /// <param name="shapes">Out, in and rank of each module's update; null where a module leaves the layer alone.</param>
    /// <param name="type">What to compute in.</param>
    /// <param name="read">Reads the update of a module that has one. Who calls it owns the result.</param>
    /// <param name="weights">What each update is multiplied with; 1 where not given.</param>
    /// <param name="names">The modules' names, for messages.</param>
    internal MergeLayer(string path, IReadOnlyList<(long Out, long In, long Rank)?> shapes, ScalarType type, Func<int, LoraDelta> read,
        IReadOnlyList<double>? weights, IReadOnlyList<string>? names = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (weights is not null && weights.Count != shapes.Count)
            throw new ArgumentException($"Expected {shapes.Count} weights, one per module, found {weights.Count}.", nameof(weights));
        this.names = names;
        foreach (var (n, weight) in (weights ?? []).Index())
        {
            if (!FiniteNumbers.IsWeight(weight))
                throw new ArgumentException($"The weight of {NameOf(n)} is {weight}, expected one that is finite in float32: a magnitude of at most {float.MaxValue:G3}.", nameof(weights));
        }
        if (shapes.FirstOrDefault(shape => shape is not null) is not { } first) throw new ArgumentException($"Layer '{path}': no module adapts it.", nameof(shapes));
        for (int n = 0; n < shapes.Count; n++)
            if (shapes[n] is { } shape && (shape.Out, shape.In) != (first.Out, first.In))
                throw new ArgumentException($"Layer '{path}': the update of {NameOf(n)} is [{shape.Out}, {shape.In}], expected [{first.Out}, {first.In}] as the first one is; these modules are for different models.");
        (Path, OutFeatures, InFeatures, Dtype, this.read) = (path, first.Out, first.In, type, read);
        ranks = [.. shapes.Select(shape => shape?.Rank ?? 0)];
        this.weights = weights is null ? [.. Enumerable.Repeat(1.0, shapes.Count)] : [.. weights];
    }

    /// <summary>The layer's path.</summary>
    public string Path { get; }

    /// <summary>The number of modules N, those that leave the layer alone among them.</summary>
    public int Count => ranks.Length;

    /// <summary>The width of the layer's output.</summary>
    public long OutFeatures { get; }

    /// <summary>The width of the layer's input.</summary>
    public long InFeatures { get; }

    /// <summary>What is computed in: float64 where an update is, else float32.</summary>
    public ScalarType Dtype { get; }

    /// <summary>The rank of a module's update.</summary>
    /// <param name="module">The module, from 0.</param>
    /// <returns>The rank; 0 where the module leaves the layer alone.</returns>
    public long RankOf(int module) => ranks[module];

    /// <summary>What to call a module in messages: its name where that is known, else its number from 1.</summary>
    /// <param name="module">The module, from 0.</param>
    /// <returns>For example <c>adapter 'sciq'</c> or <c>module 2</c>.</returns>
    public string NameOf(int module) => names is null ? $"module {module + 1}" : $"adapter '{names[module]}'";

    /// <summary>The sum of the ranks.</summary>
    public long TotalRank => ranks.Sum();

    /// <summary>The modules that adapt the layer, from 0.</summary>
    public IEnumerable<int> Present => Enumerable.Range(0, Count).Where(n => ranks[n] > 0);

    /// <summary>Says which module's update is no number times its weight; null where all are.</summary>
    internal string? NonFiniteModule()
    {
        foreach (int n in Present)
        {
            using var scope = NewDisposeScope();
            using var delta = Read(n);
            if (FiniteNumbers.AreAll(delta.ToDense())) continue;
            return weights[n] == 1 ? $"the update of {NameOf(n)} is NaN or infinite; its training diverged, or its lora_alpha is wrong"
                : $"the update of {NameOf(n)} times its weight {weights[n]} is NaN or infinite; give it a smaller weight, or check the adapter";
        }
        return null;
    }

    /// <summary>Reads the update of a module, times its weight.</summary>
    /// <param name="module">The module, from 0; one that adapts the layer.</param>
    /// <returns>The factors in <see cref="Dtype"/>, their scaling times the module's weight. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The module leaves the layer alone.</exception>
    /// <exception cref="NonFiniteException">The scaling times the weight is infinite.</exception>
    public LoraDelta Read(int module)
    {
        if (ranks[module] == 0) throw new ArgumentException($"Layer '{Path}': module {module + 1} leaves it alone.", nameof(module));
        using var delta = read(module);
        double scaling = delta.Scaling * weights[module];
        if (!double.IsFinite(scaling))
            throw new NonFiniteException($"Layer '{Path}': the scaling {delta.Scaling} of {NameOf(module)} times its weight {weights[module]} is infinite; give it a smaller weight.");
        return new LoraDelta(delta.A.to(Dtype, copy: true), delta.B.to(Dtype, copy: true), scaling);
    }

    static IReadOnlyList<LoraDelta?> Given(IReadOnlyList<LoraDelta?> updates)
    {
        ArgumentNullException.ThrowIfNull(updates);
        return updates.Count > 0 ? updates : throw new ArgumentException("A composition needs at least one module.", nameof(updates));
    }

    static ScalarType Widest(IReadOnlyList<LoraDelta?> updates) =>
        updates.Any(update => update is not null && (update.A.dtype == ScalarType.Float64)) ? ScalarType.Float64 : ScalarType.Float32;
}
