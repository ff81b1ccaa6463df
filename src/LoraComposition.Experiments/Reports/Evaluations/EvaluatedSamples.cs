using System.Globalization;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>What was evaluated, for showing the worst mistakes.</summary>
/// <remarks>As safe to share between threads as what it was made of.</remarks>
public abstract class EvaluatedSamples
{
    private protected EvaluatedSamples(string nouns) => Nouns = nouns;

    /// <summary>What the samples are called, in the plural.</summary>
    internal string Nouns { get; }

    /// <summary>Pictures.</summary>
    /// <param name="decode">Decodes the picture at a position.</param>
    /// <returns>The samples.</returns>
    public static EvaluatedSamples Pictures(Func<int, RgbImage> decode)
    {
        ArgumentNullException.ThrowIfNull(decode);
        return new PictureSamples(decode);
    }

    /// <summary>Texts.</summary>
    /// <param name="read">Gives the text at a position.</param>
    /// <param name="nouns">What to call them. Default texts.</param>
    /// <returns>The samples.</returns>
    public static EvaluatedSamples Texts(Func<int, string> read, string nouns = "texts")
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentException.ThrowIfNullOrWhiteSpace(nouns);
        return new TextSamples(read, nouns);
    }

    /// <summary>The list of some mistakes.</summary>
    /// <exception cref="DataException">A sample has become unreadable.</exception>
    internal abstract Html Show(IReadOnlyList<Misclassification> mistakes, CancellationToken cancellation);

    internal static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part:F1} %");

    sealed class PictureSamples(Func<int, RgbImage> decode) : EvaluatedSamples("pictures")
    {
        internal override Html Show(IReadOnlyList<Misclassification> mistakes, CancellationToken cancellation) => Html.Of($"""
            <ul class="pictures">
            {Html.Each(mistakes, mistake => Picture(mistake, cancellation))}</ul>

            """);

        Html Picture(Misclassification mistake, CancellationToken cancellation)
        {
            cancellation.ThrowIfCancellationRequested();
            return Html.Of($"""
                <li><figure><img src="{Thumbnail.Of(decode(mistake.Sample))}" alt="{mistake.Name}" loading="lazy"><figcaption><strong>{mistake.GivenClass}</strong> {Percent(mistake.Probability)}<br>but it is {mistake.TrueClass} ({Percent(mistake.TrueProbability)})<br><span class="note">{mistake.Name}</span></figcaption></figure></li>

                """);
        }
    }

    sealed class TextSamples(Func<int, string> read, string nouns) : EvaluatedSamples(nouns)
    {
        const int LongestShown = 600;

        internal override Html Show(IReadOnlyList<Misclassification> mistakes, CancellationToken cancellation) => Html.Of($"""
            <ol class="texts">
            {Html.Each(mistakes, Text)}</ol>

            """);

        Html Text(Misclassification mistake)
        {
            string text = read(mistake.Sample);
            string shown = text.Length > LongestShown ? $"{text[..LongestShown]}…" : text;
            return Html.Of($"""
                <li><strong>{mistake.GivenClass}</strong> {Percent(mistake.Probability)}, but it is {mistake.TrueClass} ({Percent(mistake.TrueProbability)})<blockquote>{shown}</blockquote></li>

                """);
        }
    }
}
