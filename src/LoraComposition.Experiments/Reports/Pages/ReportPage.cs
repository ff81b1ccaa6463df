namespace LoraComposition.Experiments;

/// <summary>The whole report as one page that needs nothing beside it.</summary>
static class ReportPage
{
    // The page needs no script and loads nothing; a browser is told to allow neither.
    const string Policy = "default-src 'none'; style-src 'unsafe-inline'";

    public static string Render(string title, IReadOnlyList<ExperimentContents> experiments, ReportTable? ranking) => Html.Of($"""
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
        {(experiments.Count > 1 ? List(experiments) : Html.Empty)}{(ranking is null ? Html.Empty : Html.Of($"<h2 id=\"methods\">Methods compared</h2>\n{TableHtml.Of(ranking)}"))}{Html.Each(experiments.Select((contents, index) => new ExperimentSection(contents, Id(index))), section => section.Render())}</body>
        </html>

        """).ToString().ReplaceLineEndings("\n");

    static string Id(int index) => FormattableString.Invariant($"e{index + 1}");

    static Html List(IReadOnlyList<ExperimentContents> experiments) => Html.Of($"""
        <ul>
        {Html.Join(experiments.Select((contents, index) => Html.Of($"<li><a href=\"#{Id(index)}\">{contents.Experiment.Name}</a> <span class=\"note\">{contents.Experiment.Place}</span></li>\n")))}</ul>

        """);
}

/// <summary>The style of the page. Tables and figures that are wider than the page scroll in their own box.</summary>
static class PageStyle
{
    public const string Css = """
        :root { color-scheme: light; }
        body { margin: 0 auto; padding: 1.5rem 1.25rem 3rem; max-width: 70rem; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", Verdana, sans-serif; color: #1a1a1a; background: #fff; overflow-wrap: break-word; }
        h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .75rem; }
        h2 { font-size: 1.4rem; line-height: 1.3; margin: 3rem 0 .25rem; padding-top: 1rem; border-top: 2px solid #1a1a1a; }
        h3 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
        p, ul, pre { max-width: 50rem; }
        p, ul { margin: .5rem 0; }
        ul { padding-left: 1.25rem; }
        a { color: #0b57a4; }
        .note { color: #555; font-size: .875rem; }
        .box { overflow-x: auto; margin: .75rem 0; }
        table { border-collapse: collapse; font-size: .9375rem; font-variant-numeric: tabular-nums; }
        caption { text-align: left; font-weight: 600; padding-bottom: .4rem; }
        th, td { padding: .3rem .65rem; border-bottom: 1px solid #d8d8d8; text-align: right; white-space: nowrap; }
        thead th { border-bottom: 2px solid #1a1a1a; }
        th:first-child, td:first-child { text-align: left; padding-left: 0; font-weight: 400; }
        thead th:first-child { font-weight: 700; }
        .left th, .left td { text-align: left; vertical-align: top; }
        td.text { text-align: left; white-space: normal; min-width: 14rem; }
        td.hash { font: .8125rem/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; text-align: left; }
        svg { display: block; }
        .plot svg { width: 100%; min-width: 36rem; max-width: 52rem; height: auto; }
        details { margin: .5rem 0; }
        summary { cursor: pointer; color: #0b57a4; }
        pre { margin: .5rem 0; padding: .75rem; background: #f5f5f5; font: .8125rem/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
        @media (max-width: 40rem) { body { padding: 1rem .875rem 2rem; } h1 { font-size: 1.4rem; } h2 { font-size: 1.2rem; } .plot svg { min-width: 0; } .narrow svg { max-width: 100%; height: auto; } }
        @media print {
          body { max-width: none; padding: 0; font-size: 10.5pt; }
          .box { overflow: visible; }
          table { font-size: 8.5pt; }
          th, td { padding: .2rem .4rem; }
          svg { max-width: 100%; height: auto; }
          .plot svg { max-width: 13cm; min-width: 0; }
          details:not([open]) { display: none; }
          h2 + *, h3 + * { break-before: avoid; }
          p:has(+ .box) { break-after: avoid; }
          table, figure, svg { break-inside: avoid; }
        }
        """;
}
