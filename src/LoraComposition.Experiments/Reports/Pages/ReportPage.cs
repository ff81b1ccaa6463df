namespace LoraComposition.Experiments;

/// <summary>The whole report as one page that needs nothing beside it.</summary>
static class ReportPage
{
    public static string Render(string title, IReadOnlyList<ExperimentContents> experiments, ReportTable? ranking) => HtmlDocument.Of(title, Html.Of($"""
        {(experiments.Count > 1 ? List(experiments) : Html.Empty)}{(ranking is null ? Html.Empty : Html.Of($"<h2 id=\"methods\">Methods compared</h2>\n{TableHtml.Of(ranking)}"))}{Html.Each(experiments.Select((contents, index) => new ExperimentSection(contents, Id(index))), section => section.Render())}
        """));

    static string Id(int index) => FormattableString.Invariant($"e{index + 1}");

    static Html List(IReadOnlyList<ExperimentContents> experiments) => Html.Of($"""
        <ul>
        {Html.Join(experiments.Select((contents, index) => Html.Of($"<li><a href=\"#{Id(index)}\">{contents.Experiment.Name}</a> <span class=\"note\">{contents.Experiment.Place}</span></li>\n")))}</ul>

        """);
}
