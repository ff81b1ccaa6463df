namespace LoraComposition.Experiments;

/// <summary>Figures of a page, with their numbers folded below.</summary>
static class FigureHtml
{
    /// <summary>A figure.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="section">The id of the experiment's section.</param>
    public static Html Of(ReportFigure figure, string section) => Html.Of($"""
        <div class="box{Width(figure)}" tabindex="0">{InlineSvg.Of(figure.Svg(), $"{section}-{figure.Name}", figure.Description)}</div>
        {(figure.Numbers is { } numbers ? Html.Of($"<details><summary>The numbers as a table</summary>{TableHtml.Of(numbers)}</details>") : Html.Empty)}

        """);

    // On a phone plots and narrow drawings shrink to its width; wider drawings would no longer be readable and scroll.
    static string Width(ReportFigure figure) => figure switch
    {
        PlotFigure => " plot",
        DrawnFigure { Drawing.Width: < 520 } => " narrow",
        _ => "",
    };
}
