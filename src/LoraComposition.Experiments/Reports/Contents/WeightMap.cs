using LoraComposition.Models;

namespace LoraComposition.Experiments;

/// <summary>The learned weights of one method in one role, by layer and module: the mean over the seeds at one K (Fig. 7 of arXiv:2402.15414).</summary>
/// <param name="Method">The method.</param>
/// <param name="Role">For example query.</param>
/// <param name="Shots">K.</param>
/// <param name="Seeds">The number of runs.</param>
/// <param name="Kept">How many of these kept the weights they started from.</param>
/// <param name="Matrix">The weights.</param>
sealed record WeightMap(string Method, string Role, int? Shots, int Seeds, int Kept, LayerMatrix Matrix)
{
    static readonly string[] roles = ["query", "key", "value", "output"];

    /// <summary>Whether every run kept the start, so that the map would show nothing.</summary>
    public bool IsFlat => Kept == Seeds;

    /// <summary>The maps at the largest K of each method.</summary>
    public static IReadOnlyList<WeightMap> AtLargest(IReadOnlyList<WeightMap> maps) =>
        [.. maps.GroupBy(map => map.Method).SelectMany(method => method.Where(map => ShotCount.Order(map.Shots) == method.Max(m => ShotCount.Order(m.Shots))))];

    /// <summary>Whether a matrix beside the runs holds the same numbers: a study writes the weights of its runs as files too.</summary>
    public bool IsAlso(LayerMatrix other) => other.Columns.SequenceEqual(Matrix.Columns) && other.Values.Count == Matrix.Values.Count
        && other.Values.Zip(Matrix.Values).All(rows => rows.First.Zip(rows.Second).All(pair => Math.Abs(pair.First - pair.Second) < 1e-9));

    /// <summary>The maps of all methods that learned weights at every K, in the order of the summary, K ascending; query, key and value first.</summary>
    /// <exception cref="RunFileException">The weights of a run are damaged, or are not of the same modules and layers as those of the others.</exception>
    public static IReadOnlyList<WeightMap> Of(ReportExperiment experiment) => [.. experiment.Summary.Methods.SelectMany(method => OfMethod(experiment, method))];

    static IEnumerable<WeightMap> OfMethod(ReportExperiment experiment, string method)
    {
        var runs = experiment.Runs.Where(r => r.Key.Method == method).OrderBy(r => r.Key.Seed).Select(run => (run, path: experiment.PathOf(run)))
            .Select(r => (r.run, r.path, weights: r.run.Weights!)).Where(r => r.weights is not null).ToArray();
        return runs.GroupBy(r => ShotCount.Order(r.run.Key.Shots)).OrderBy(g => g.Key).SelectMany(g => AtShots(method, [.. g]));
    }

    static WeightMap[] AtShots(string method, (RunResult run, string path, CompositionWeights weights)[] runs)
    {
        var first = runs[0].weights;
        foreach (var (_, path, weights) in runs)
            if (!weights.AdapterNames.SequenceEqual(first.AdapterNames) || !weights.Layers.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(first.Layers.Keys))
                throw LearnedWeights.Damaged(path, $"expected the modules and layers of {runs[0].run.Key.FileName}, found others");
        var sites = first.Layers.Keys.Select(path => (path, name: SiteName.Of(path, Known(first.Roles, path)))).GroupBy(s => s.name.Role)
            .OrderBy(g => Array.IndexOf(roles, g.Key) is >= 0 and var known ? known : roles.Length).ThenBy(g => g.Key, StringComparer.Ordinal);
        int kept = runs.Count(r => r.weights.AreTheStart());
        return [.. sites.Select(role => new WeightMap(method, role.Key, runs[0].run.Key.Shots, runs.Length, kept,
            Checked(runs[0].path, Mean(method, role.Key, [.. role], [.. runs.Select(r => r.weights)]))))];
    }

    static LayerMatrix Mean(string method, string role, (string Path, SiteName Name)[] sites, CompositionWeights[] runs)
    {
        var ordered = sites.OrderBy(s => s.Name.Order).ThenBy(s => s.Path, StringComparer.Ordinal).ToArray();
        // Layers of a model that is not known here may look alike.
        bool alike = ordered.Select(s => s.Name.Layer).Distinct().Count() < ordered.Length;
        return new LayerMatrix($"{method}: {role}", [.. ordered.Select(s => alike ? s.Path : s.Name.Layer)], runs[0].AdapterNames,
            [.. ordered.Select(s => runs[0].AdapterNames.Select((_, module) => runs.Sum(run => run.Layers[s.Path][module] / runs.Length)).ToArray())]);
    }

    static LinearRole? Known(IReadOnlyDictionary<string, LinearRole> roles, string path) => roles.TryGetValue(path, out var role) ? role : null;

    static LayerMatrix Checked(string path, LayerMatrix matrix) => matrix.Problem() is { } problem ? throw LearnedWeights.Damaged(path, problem) : matrix;
}
