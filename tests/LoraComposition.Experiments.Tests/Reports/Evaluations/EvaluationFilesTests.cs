using System.Xml.Linq;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using SkiaSharp;

namespace LoraComposition.Experiments.Tests.Reports.Evaluations;

public sealed class EvaluationFilesTests : IDisposable
{
    const string Hostile = "<b>\"kiwi\" & 'co', inc.</b>";

    readonly TemporaryFolder folder = new();
    readonly List<int> shown = [];

    public void Dispose() => folder.Dispose();

    string Write(ClassificationEvaluation scores, params string[] notes)
    {
        EvaluationFiles.Write(folder.Path, new EvaluationSubject("<i>model</i>", "data & more", notes), scores, EvaluatedSamples.Pictures(index =>
        {
            shown.Add(index);
            return Picture(index == 0 ? (600, 3) : (20, 20));
        }));
        return File.ReadAllText(folder["evaluation.html"]);
    }

    static RgbImage Picture((int Width, int Height) size) =>
        new(size.Width, size.Height, [.. Enumerable.Range(0, size.Width * size.Height).SelectMany(_ => (byte[])[250, 120, 5])]);

    static ClassificationEvaluation Scores(string[] names, params (int Label, int Given)[] samples)
    {
        var builder = new ClassificationEvaluationBuilder(names);
        foreach (var (index, (label, given)) in samples.Index())
            builder.Add(index, $"{names[label]}/{index}.png", label, [.. names.Select((_, i) => i == given ? 3.0 - 0.1 * index : 0)]);
        return builder.Build();
    }

    [Fact]
    public void NamesAreEscapedAndNothingIsLoaded()
    {
        string page = Write(Scores([Hostile, "fig"], (0, 1), (1, 1)), "<u>note</u>");

        page.Should().NotContain("<b>").And.NotContain("<i>").And.NotContain("<u>").And.Contain("&lt;b&gt;&quot;kiwi&quot; &amp; &#39;co&#39;, inc.&lt;/b&gt;");
        page.Should().NotContain("<script").And.NotMatchRegex("(src|href)=\"http").And.Contain("default-src 'none'; style-src 'unsafe-inline'; img-src data:".Replace("'", "&#39;"));
        File.ReadAllText(folder["per-class.csv"]).Should().StartWith("class,support,given,correct,precision,recall,f1\n\"<b>\"\"kiwi\"\" & 'co', inc.</b>\",1,0,0,,0,0\nfig,1,2,1,0.5,1,");
        File.ReadAllText(folder["confusion.csv"]).Should().EndWith("\nfig,0,1\n");
        XDocument.Load(folder["confusion.svg"]).Descendants().Select(e => e.Value).Should().Contain(Hostile);
    }

    [Fact]
    public void ThePicturesOfTheWorstMistakesAreInThePageAndSmall()
    {
        string page = Write(Scores(["a", "b"], (0, 1), (1, 1), (1, 0)));

        shown.Should().Equal(0, 2);
        var files = page.Split("data:image/").Skip(1).Select(part => (Type: part[..part.IndexOf(';')], Bytes: Convert.FromBase64String(part[(part.IndexOf(',') + 1)..part.IndexOf('"')]))).ToArray();
        files.Select(file => file.Type).Should().Equal("jpeg", "png");
        using SKBitmap wide = SKBitmap.Decode(files[0].Bytes), small = SKBitmap.Decode(files[1].Bytes);
        (wide.Width, wide.Height, small.Width, small.Height).Should().Be((224, 1, 20, 20));
        small.GetPixel(7, 7).Should().Be(new SKColor(250, 120, 5));
        page.Should().Contain("2 of 2: those given a wrong class");
    }

    [Fact]
    public void WithoutAMistakeThePageSaysSo() =>
        Write(Scores(["a", "b"], (0, 0), (1, 1))).Should().Contain("None is taken for another.").And.Contain("There is none.").And.NotContain("<img");

    [Fact]
    public void ThePageIsLightOrDarkAsTheReadersSystemIs() =>
        Write(Scores(["a", "b"], (0, 0))).Should().Contain("<html lang=\"en\">").And.Contain("prefers-color-scheme: dark").And.Contain("width=device-width");

    /// <summary>Numbers for few classes, colours alone for many, and never a picture that no viewer opens.</summary>
    [Theory]
    [InlineData(25, true, true)]
    [InlineData(26, false, true)]
    [InlineData(120, false, false)]
    public void ManyClassesHaveASmallMatrix(int count, bool numbers, bool named)
    {
        string[] names = [.. Enumerable.Range(0, count).Select(i => $"class-{i}")];
        Write(Scores(names, (0, 7), (1, 1), (1, 1), (3, 2)));

        var svg = XDocument.Load(folder["confusion.svg"]).Root!;
        string[] texts = [.. svg.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];
        texts.Contains("2").Should().Be(numbers);
        texts.Contains("class-7").Should().Be(named);
        double.Parse(svg.Attribute("width")!.Value, System.Globalization.CultureInfo.InvariantCulture).Should().BeLessThan(1200);
        using var png = SKBitmap.Decode(folder["confusion.png"]);
        png.Width.Should().BeLessThan(2400);
    }

    [Fact]
    public void MistakesAboutTextsShowTheTexts()
    {
        EvaluationFiles.Write(folder.Path, new EvaluationSubject("model", "data", []), Scores(["no", "yes"], (0, 1), (1, 1)), EvaluatedSamples.Texts(i => i == 0 ? $"<b>{new string('x', 700)}" : "other"));

        string page = File.ReadAllText(folder["evaluation.html"]);
        page.Should().Contain($"<blockquote>&lt;b&gt;{new string('x', 597)}…</blockquote>").And.Contain("1 of 2 texts are given their own class").And.Contain("but it is no").And.NotContain(" pictures");
    }
}
