namespace LoraComposition.Experiments;

/// <summary>The tables of an experiment: its main score, then the other scores that texts have.</summary>
static class ScoreTables
{
    static readonly (string Name, string Caption)[] others =
    [
        ("accuracy", "Plain accuracy (%): equal but for case and white space at the ends"),
        ("optionAccuracy", "Option accuracy (%): the option nearest to what was written is the answer"),
    ];

    /// <summary>Makes them.</summary>
    /// <exception cref="RunFileException">A score is not from 0 to 1.</exception>
    public static IReadOnlyList<ReportTable> Of(ReportExperiment experiment)
    {
        if (experiment.Runs.Count == 0) return [];
        var tables = new List<ReportTable> { ReportTable.Of("results", Title(experiment), experiment.Summary) };
        foreach (var (name, caption) in others)
        {
            var scored = experiment.Runs.Where(r => r.Scores.ContainsKey(name)).ToArray();
            if (scored.FirstOrDefault(r => r.Scores[name] is not (>= 0 and <= 1)) is { } bad)
                throw new RunFileException(experiment.PathOf(bad), FormattableString.Invariant($"expected a score '{name}' from 0 to 1, found {bad.Scores[name]}. Delete the file to run it again."));
            if (scored.Length > 0) tables.Add(ReportTable.Of($"results-{name}", caption, experiment.Summarise(scored, r => r.Scores[name])));
        }
        return tables;
    }

    static string Title(ReportExperiment experiment) => experiment.IsText ? "Exact match (%)" : "Top-1 accuracy (%)";
}
