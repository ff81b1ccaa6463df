using LoraComposition.Files;
using LoraComposition.Models;

namespace LoraComposition.Tool;

/// <summary>Checks adapters against a base one by one, so that each gets its own reasons, and then in pairs.</summary>
static class CompatibilityCheck
{
    /// <summary>Runs the check.</summary>
    /// <exception cref="ModelFileException">The base cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static CheckReport Run(string baseFolder, IReadOnlyList<string> folders, CancellationToken cancellation)
    {
        using var model = BaseModel.Load(baseFolder, cancellation: cancellation);
        var checks = new List<AdapterCheck>();
        var fitting = new List<LoraAdapter>();
        try
        {
            foreach (var (folder, name) in AdapterSet.Named(folders))
            {
                cancellation.ThrowIfCancellationRequested();
                checks.Add(Check(model, folder, name, fitting));
            }
            var single = checks.SelectMany(check => check.Warnings).ToHashSet(StringComparer.Ordinal);
            return new CheckReport
            {
                Base = baseFolder,
                Adapters = checks,
                Pairs = [.. Pairs(fitting, cancellation)],
                Warnings = fitting.Count == 0 ? [] : [.. AdapterCompatibility.Check(model, fitting).Warnings.Where(warning => !single.Contains(warning))],
            };
        }
        finally
        {
            fitting.ForEach(adapter => adapter.Dispose());
        }
    }

    static AdapterCheck Check(IAdaptableModel model, string folder, string name, List<LoraAdapter> fitting)
    {
        LoraAdapter read;
        try
        {
            read = LoraAdapter.Load(folder, name);
        }
        catch (ModelFileException e)
        {
            return new AdapterCheck { Name = name, Path = folder, Matched = [], Refusals = [e.Message], Warnings = [] };
        }
        using (read)
        {
            var found = AdapterCompatibility.Check(model, read);
            // In the model's own names, so that adapters of both spellings can be compared.
            if (found.IsCompatible) fitting.Add(AdapterSpelling.Respell(read, model, ModuleSpelling.Transformers5));
            return new AdapterCheck
            {
                Name = name,
                Path = folder,
                Matched = [.. found.Layers.Select(site => site.Path)],
                Refusals = [.. found.Refusals.Select(refusal => $"layer '{refusal.Layer}': {refusal.Reason}")],
                Warnings = [.. read.Warnings, .. found.Warnings, .. OfHead(model, read)],
                Ranks = [read.Layers.Values.Min(delta => delta.Rank), read.Layers.Values.Max(delta => delta.Rank)],
                Norm = Math.Sqrt(read.Layers.Values.Sum(delta => Math.Pow(DeltaGeometry.FrobeniusNorm(delta), 2))),
            };
        }
    }

    // What adapt does with it, which puts on a fresh head, so that it is told here too.
    static string[] OfHead(IAdaptableModel model, LoraAdapter adapter)
    {
        try
        {
            using var rest = HeadUpdate.Without(adapter, model);
            return rest is null ? [] : [$"Adapter '{adapter.Name}' changes the head too; where a fresh head is put on, as adapt does, that update is set aside."];
        }
        catch (AdapterMismatchException)
        {
            return [$"Adapter '{adapter.Name}' changes nothing but the head; adapt, which puts on a fresh one, refuses it."];
        }
    }

    static IEnumerable<PairSimilarity> Pairs(List<LoraAdapter> adapters, CancellationToken cancellation)
    {
        for (int i = 0; i < adapters.Count; i++)
        {
            for (int j = i + 1; j < adapters.Count; j++)
            {
                cancellation.ThrowIfCancellationRequested();
                var similarity = AdapterSimilarity.Compute(adapters[i], adapters[j]);
                yield return new PairSimilarity(adapters[i].Name, adapters[j].Name, similarity.Cosine,
                    similarity.Layers.ToDictionary(layer => layer.Path, layer => layer.Cosine));
            }
        }
    }
}
