namespace LoraComposition.Experiments;

/// <summary>The whole report as one page that needs nothing beside it.</summary>
static class ReportPage
{
    // The page needs no script and loads nothing; a browser is told to allow neither.
    const string Policy = "default-src 'none'; style-src 'unsafe-inline'";

    public static string Render(string title, IReadOnlyList<ExperimentContents> experiments) => Html.Of($"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="{Policy}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{title}</title>
        <style>
        {Html.Made(PageStyle.Css)}
        </style>
        </head>
        <body>
        <h1>{title}</h1>
        {(experiments.Count > 1 ? List(experiments) : Html.Empty)}{Html.Each(experiments.Select((contents, index) => new ExperimentSection(contents, Id(index))), section => section.Render())}</body>
        </html>

        """).ToString().ReplaceLineEndings("\n");

    static string Id(int index) => FormattableString.Invariant($"e{index + 1}");

    static Html List(IReadOnlyList<ExperimentContents> experiments) => Html.Of($"""
        <ul>
        {Html.Join(experiments.Select((contents, index) => Html.Of($"<li><a href=\"#{Id(index)}\">{contents.Experiment.Name}</a> <span class=\"note\">{contents.Experiment.Place}</span></li>\n")))}</ul>

        """);
}
