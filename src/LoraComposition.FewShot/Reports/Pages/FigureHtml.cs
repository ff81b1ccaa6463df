using LoraComposition.FewShot.Reports.Contents;

namespace LoraComposition.FewShot.Reports.Pages;

/// <summary>Figures of a page, with their numbers folded below.</summary>
static class FigureHtml
{
    /// <summary>A figure.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="section">The id of the experiment's section.</param>
    public static Html Of(ReportFigure figure, string section) => Html.Of($"""
        <div class="box{(figure is PlotFigure ? " plot" : "")}" tabindex="0">{InlineSvg.Of(figure.Svg(), $"{section}-{figure.Name}", figure.Description)}</div>
        {(figure.Numbers is { } numbers ? Html.Of($"<details><summary>The numbers as a table</summary>{TableHtml.Of(numbers)}</details>") : Html.Empty)}

        """);
}
