using System.Xml.Linq;
using LoraComposition.FewShot.Tests.Support;
using SkiaSharp;

namespace LoraComposition.Experiments.Tests.Results;

public class AccuracyPlotTests
{
    static readonly XNamespace svgNamespace = "http://www.w3.org/2000/svg";

    static readonly Summary summary = Summary.Of(
        [
            .. ResultOf.Runs("learned", 1, 108, 0.5, 0.6), .. ResultOf.Runs("learned", 5, 108, 0.7, 0.72), .. ResultOf.Runs("learned", null, 108, 1),
            .. ResultOf.Runs("lora <r=16> & more", 1, 9, 0.2, 0.3), .. ResultOf.Runs("lora <r=16> & more", null, 9, 0.9, 0.9),
        ],
        ["learned"]);

    [Fact]
    public void The_png_has_the_promised_size_and_holds_more_than_one_colour()
    {
        using var folder = new TemporaryFolder();
        AccuracyPlot.Save(summary, "Label shift", folder["plots/accuracy"]);

        using var image = SKBitmap.Decode(folder["plots/accuracy.png"]);

        (image.Width, image.Height).Should().Be((1200, 800));
        // The colours of the two methods, and black text.
        image.Pixels.Should().Contain(new SKColor(0xE6, 0x9F, 0x00)).And.Contain(SKColors.Black).And.Contain(SKColors.White);
    }

    [Fact]
    public void The_svg_is_well_formed_and_names_methods_axes_and_title()
    {
        using var folder = new TemporaryFolder();
        AccuracyPlot.Save(summary, "Label shift", folder["accuracy"]);

        var svg = XDocument.Load(folder["accuracy.svg"]);

        var texts = svg.Descendants(svgNamespace + "text").ToList();
        texts.Select(t => t.Value.Trim()).Should().Contain(["Label shift", "learned", "lora <r=16> & more", "Top-1 accuracy (%)", "Labelled samples per class, K", "1", "5", "all"]);
        texts.Attributes("font-family").Should().HaveCount(texts.Count).And.OnlyContain(f => f.Value == "DejaVu Sans, Verdana, sans-serif");
        texts.Attributes("x").Concat(texts.Attributes("y")).Should().NotBeEmpty().And.OnlyContain(a => !a.Value.TrimEnd().EndsWith(','));
        folder.Files.Should().Equal("accuracy.png", "accuracy.svg");
    }

    [Fact]
    public void The_text_does_not_come_from_the_fonts_of_the_machine()
    {
        var font = PlotFont.Name;

        // ScottPlot keeps the typeface for later plots: it is not ours to dispose.
        var typeface = ScottPlot.Fonts.GetTypeface(font, ScottPlot.FontWeight.Normal, ScottPlot.FontSlant.Upright, ScottPlot.FontSpacing.Normal);

        typeface.FamilyName.Should().Be("DejaVu Sans");
        // The subset; the font as it is installed has 5,000 to 6,000 glyphs.
        typeface.GlyphCount.Should().BeInRange(300, 1000);
        typeface.ContainsGlyphs("K = 5, ±0.1 %, |Θ| – é").Should().BeTrue();
    }

    [Fact]
    public void A_long_title_stays_inside_the_picture_beside_a_legend()
    {
        using var folder = new TemporaryFolder();
        string[] methods = [.. Enumerable.Range(1, 9).Select(i => $"method-number-{i}")];
        AccuracyPlot.Save(Summary.Of(methods.SelectMany(method => ResultOf.Runs(method, 1, 1, 0.4, 0.5)), methods), "Task shift: pacs-art-painting, pacs-cartoon, pacs-photo, pacs-sketch, flowers → cifar100", folder["long"]);

        using var image = SKBitmap.Decode(folder["long.png"]);

        // The title's lines lie in the upper tenth.
        Enumerable.Range(0, 80).SelectMany(y => Enumerable.Range(0, 5).Select(x => image.GetPixel(x, y))).Should().OnlyContain(pixel => pixel == SKColors.White);
    }

    [Fact]
    public void Many_methods_are_all_named()
    {
        using var folder = new TemporaryFolder();
        string[] methods = [.. Enumerable.Range(1, 9).Select(i => $"method-{i}")];
        AccuracyPlot.Save(Summary.Of(methods.SelectMany((method, i) => ResultOf.Runs(method, 1, 1, 0.1 * i, 0.1 * i + 0.05).Concat(ResultOf.Runs(method, 5, 1, 0.1 * i + 0.1))), methods), "Many", folder["many"]);

        var svg = XDocument.Load(folder["many.svg"]);

        svg.Descendants(svgNamespace + "text").Select(t => t.Value.Trim()).Should().Contain(methods);
    }

    [Fact]
    public void A_plot_of_nothing_is_refused() =>
        FluentActions.Invoking(() => AccuracyPlot.Save(Summary.Of([], []), "Empty", "never")).Should().Throw<ArgumentException>().WithMessage("There is no result*");

    [Fact]
    public void One_run_alone_can_be_plotted()
    {
        using var folder = new TemporaryFolder();
        AccuracyPlot.Save(Summary.Of(ResultOf.Runs("learned", null, 108, 0), []), "One", folder["one"]);

        folder.Files.Should().Equal("one.png", "one.svg");
    }
}
