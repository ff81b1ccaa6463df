using LoraComposition.FewShot.Reports.Drawings;
using LoraComposition.FewShot.Reports.Tables;
using LoraComposition.FewShot.Results;

namespace LoraComposition.FewShot.Reports.Contents;

/// <summary>A figure of a report.</summary>
/// <param name="Name">What its files are called.</param>
/// <param name="Description">What it shows, for those who do not see it.</param>
/// <param name="Numbers">Its numbers as a table; null where another table of the report has them.</param>
abstract record ReportFigure(string Name, string Description, ReportTable? Numbers)
{
    /// <summary>The figure as an SVG document.</summary>
    public abstract string Svg();

    /// <summary>The figure as PNG.</summary>
    public abstract byte[] Png();
}

/// <summary>A figure made of shapes.</summary>
sealed record DrawnFigure(string Name, string Description, ReportTable? Numbers, Drawing Drawing) : ReportFigure(Name, Description, Numbers)
{
    public override string Svg() => DrawingSvg.Of(Drawing);

    public override byte[] Png() => DrawingPng.Of(Drawing);
}

/// <summary>The score over K.</summary>
sealed record PlotFigure(string Name, string Description, Summary Summary, string Title, PlotLabels Labels) : ReportFigure(Name, Description, null)
{
    public override string Svg() => AccuracyPlot.Svg(Summary, Title, Labels);

    public override byte[] Png() => AccuracyPlot.Png(Summary, Title, Labels);
}
