namespace LoraComposition.Experiments;

/// <summary>The colours of the methods: Okabe and Ito's, which colour-blind readers can tell apart, without the yellow that is too pale on white.</summary>
static class PlotColors
{
    static readonly string[] colors = ["#000000", "#E69F00", "#56B4E9", "#009E73", "#D55E00", "#CC79A7", "#0072B2"];

    /// <summary>The colour of the method at a position, as <c>#RRGGBB</c>.</summary>
    public static string Of(int position) => colors[position % colors.Length];
}
