using System.Resources;
using ScottPlot;
using SkiaSharp;

namespace LoraComposition.Experiments;

/// <summary>
/// The font of the plots, built into the library: without it a machine that has no fonts draws no text at all, and others draw each their own.
/// </summary>
sealed class PlotFont : IFontResolver
{
    // A name that no installed font has, so that the one that is built in is taken everywhere.
    const string BuiltInName = "LoraComposition DejaVu Sans";

    static readonly Lazy<string> registered = new(Register);

    readonly byte[] file;

    PlotFont(byte[] file) => this.file = file;

    /// <summary>What to call the font in a plot.</summary>
    public static string Name => registered.Value;

    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
        fontName == BuiltInName ? SKTypeface.FromData(SKData.CreateCopy(file)) : null;

    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) =>
        CreateTypeface(fontName, FontWeight.Normal, FontSlant.Upright, FontSpacing.Normal);

    static string Register()
    {
        var resources = new ResourceManager("LoraComposition.Experiments.Drawing.Fonts.PlotFont", typeof(PlotFont).Assembly);
        Fonts.FontResolvers.Add(new PlotFont((byte[])resources.GetObject("DejaVuSans", null)!));
        return BuiltInName;
    }
}
