using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>The part of a page that shows one experiment.</summary>
sealed class ExperimentSection(ExperimentContents contents, string id)
{
    const string Reading = "Mean [95 % interval of the mean, Student's t over the seeds]; a number without brackets is a single run. The highest of each K is bold, whether or not that is more than chance. |Θ| counts the trained numbers without the head.";

    readonly ReportExperiment experiment = contents.Experiment;

    public Html Render() => Html.Of($"""
        <section>
        <h2 id="{id}">{experiment.Name}</h2>
        <p class="note">Folder {experiment.Place}</p>
        {Html.Each(contents.Studies, Study)}{(experiment.Runs.Count > 0 ? Html.Of($"{Facts()}{Scores()}{Gain()}{Weights()}") : Html.Empty)}{Matrices()}{(experiment.Runs.Count > 0 ? Html.Of($"{Paper()}{RepeatSection.Render(experiment)}") : Html.Empty)}</section>

        """);

    Html Study(StudyContents study) => Html.Of($"""
        {TableHtml.Of(study.Table)}{(study.Sentences.Count > 0 ? Sentences(study.Sentences) : Html.Empty)}{(study.Figure is { } figure ? FigureHtml.Of(figure, id) : Html.Empty)}
        """);

    Html Facts() => Html.Of($"<p>{string.Join(' ', RunFacts.Of(experiment))}</p>\n{(experiment.DataRemarks.Count > 0 ? Sentences(experiment.DataRemarks) : Html.Empty)}");

    Html Scores() => contents.HasSubsets
        ? Html.Of($"<details><summary>The runs of every subset; a name ends in the positions of its modules</summary>\n{Table()}</details>\n")
        : Html.Of($"<h3>Results</h3>\n{Table()}");

    Html Table() => Html.Of($"""
        {TableHtml.Of(contents.Tables[0])}<p class="note">{Reading}</p>
        {Sentences(SummaryReading.Of(experiment.Summary, experiment.Runs, [new LoraFromScratch().Name, experiment.Reference]))}{(contents.Accuracy is { } figure ? FigureHtml.Of(figure, id) : Html.Empty)}{Html.Each(contents.Tables.Skip(1), TableHtml.Of)}
        """);

    static Html Sentences(IReadOnlyList<string> sentences) => Html.Of($"<ul>\n{Html.Each(sentences, s => Html.Of($"<li>{s}</li>\n"))}</ul>\n");

    // Without K = 1 there is nothing to miss.
    Html Gain() => !experiment.Summary.Shots.Contains(1) ? Html.Empty : Html.Of($"""
        <h3>What one sample gains</h3>
        {(contents.Gain is { } figure ? FigureHtml.Of(figure, id) : Html.Of($"<p>Not shown: it needs results of {experiment.Reference} and of another method at K = 1.</p>\n"))}
        """);

    Html Weights() => contents.Weights.Count == 0 && contents.KeptStarts.Count == 0 ? Html.Empty : Html.Of($"""
        <h3>Learned weights</h3>
        {(contents.KeptStarts.Count > 0 ? Sentences(contents.KeptStarts) : Html.Empty)}{(contents.Weights.Count > 0 ? Html.Of($"<p class=\"note\">The mean over the seeds at the largest K, by layer and module. White is the uniform weight; blue is more, orange is less.</p>\n") : Html.Empty)}{Html.Each(contents.WeightMaps.Zip(contents.Weights), pair => Html.Of($"<p>{Describe(pair.First)}</p>\n{FigureHtml.Of(pair.Second, id)}"))}
        """);

    static string Describe(WeightMap map)
    {
        var matrix = map.Matrix;
        var means = matrix.Columns.Select((module, column) => $"{module} {HeatMap.Number(matrix.Values.Average(row => row[column]))}");
        return $"{map.Method}, {map.Role}, K = {ShotCount.Text(map.Shots)}, {(map.Seeds == 1 ? "one seed" : $"mean of {map.Seeds} seeds")}{(map.Kept > 0 ? $", of which {map.Kept} kept the start" : "")}. Mean over the layers: {string.Join(", ", means)}; uniform would be {HeatMap.Number(1.0 / matrix.Columns.Count)}.";
    }

    Html Matrices() => contents.Matrices.Count == 0 ? Html.Empty : Html.Of($"""
        <h3>By layer and module</h3>
        {Html.Each(contents.Matrices, figure => FigureHtml.Of(figure, id))}
        """);

    Html Paper()
    {
        var counts = PaperCounts.Of(experiment.Summary);
        if (counts.Count == 0) return Html.Empty;
        var rows = Html.Each(counts, c => TableHtml.Row(c.Method, Html.Of($"<td>{c.Text}</td><td>{c.Printed}</td><td class=\"text\">{c.Remark}</td>")));
        return Html.Of($"""
            <h3>Trained numbers beside the paper's</h3>
            {TableHtml.Of("|Θ| here and in arXiv:2402.15414", ["Method", "Counted here", "The paper prints", "Remark"], rows, left: true)}
            """);
    }
}
