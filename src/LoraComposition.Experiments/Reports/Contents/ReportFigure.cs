namespace LoraComposition.Experiments;

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

/// <summary>A figure with axes, as wide as the page.</summary>
abstract record PlotFigure(string Name, string Description) : ReportFigure(Name, Description, null);

/// <summary>Scores over the number of modules or the rank.</summary>
sealed record ScoreFigure(string Name, string Description, ScoreTable Table, string Title, PlotLabels Labels) : PlotFigure(Name, Description)
{
    public override string Svg() => ScorePlot.Svg(Table, Title, Labels);

    public override byte[] Png() => ScorePlot.Png(Table, Title, Labels);
}

/// <summary>The scores of subsets of the modules over their number (Fig. 5 of arXiv:2402.15414).</summary>
sealed record SpreadFigure(string Name, string Description, SubsetTable Table, string Title, PlotLabels Labels) : PlotFigure(Name, Description)
{
    public override string Svg() => SubsetPlot.Svg(Table, null, Title, Labels);

    public override byte[] Png() => SubsetPlot.Png(Table, null, Title, Labels);
}

/// <summary>The score over K.</summary>
sealed record AccuracyFigure(string Name, string Description, Summary Summary, string Title, PlotLabels Labels) : PlotFigure(Name, Description)
{
    public override string Svg() => AccuracyPlot.Svg(Summary, Title, Labels);

    public override byte[] Png() => AccuracyPlot.Png(Summary, Title, Labels);
}
