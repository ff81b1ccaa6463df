using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Serve;

/// <summary>One instrument in Prometheus' terms: its name there, and a series for each set of tags.</summary>
sealed class MetricFamily
{
    // Seconds, from a small model on a fast machine to a large batch on a slow one.
    static readonly double[] bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    readonly SortedDictionary<string, double> values = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, Distribution> distributions = new(StringComparer.Ordinal);
    readonly string kind, help;

    MetricFamily(Instrument instrument, string kind)
    {
        this.kind = kind;
        help = instrument.Description ?? "";
        Name = Identifier(instrument.Name) + (instrument.Unit == "s" ? "_seconds" : "") + (kind == "counter" ? "_total" : "");
        // A counter that nothing has happened to is there, as 0.
        if (kind == "counter") values[""] = 0;
    }

    public string Name { get; }

    /// <summary>The family of a counter, gauge or histogram; null for an instrument of another kind.</summary>
    public static MetricFamily? For(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" => new MetricFamily(instrument, "counter"),
        "UpDownCounter" or "Gauge" => new MetricFamily(instrument, "gauge"),
        "Histogram" => new MetricFamily(instrument, "histogram"),
        _ => null,
    };

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string labels = Labels(tags);
        if (kind != "histogram")
        {
            values[labels] = values.GetValueOrDefault(labels) + value;
            return;
        }
        if (!distributions.TryGetValue(labels, out var distribution)) distributions[labels] = distribution = new Distribution(new long[bounds.Length]);
        distribution.Count++;
        distribution.Sum += value;
        for (int i = 0; i < bounds.Length; i++)
            if (value <= bounds[i]) distribution.AtMost[i]++;
    }

    public void Write(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {Escape(help)}\n# TYPE {Name} {kind}\n");
        foreach (var (labels, value) in values) Sample(text, Name, labels, value);
        foreach (var (labels, distribution) in distributions)
        {
            string comma = labels.Length == 0 ? "" : ",";
            for (int i = 0; i < bounds.Length; i++)
                Sample(text, Name + "_bucket", string.Create(CultureInfo.InvariantCulture, $"{labels}{comma}le=\"{bounds[i]}\""), distribution.AtMost[i]);
            Sample(text, Name + "_bucket", $"{labels}{comma}le=\"+Inf\"", distribution.Count);
            Sample(text, Name + "_sum", labels, distribution.Sum);
            Sample(text, Name + "_count", labels, distribution.Count);
        }
    }

    static void Sample(StringBuilder text, string name, string labels, double value) =>
        text.Append(CultureInfo.InvariantCulture, $"{name}{(labels.Length == 0 ? "" : $"{{{labels}}}")} {value}\n");

    static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new List<string>();
        foreach (var (name, value) in tags)
            labels.Add($"{Identifier(name)}=\"{Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "").Replace("\"", "\\\"")}\"");
        labels.Sort(StringComparer.Ordinal);
        return string.Join(',', labels);
    }

    static string Identifier(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    static string Escape(string text) => text.Replace("\\", "\\\\").Replace("\n", "\\n");

    sealed class Distribution(long[] atMost)
    {
        public long[] AtMost { get; } = atMost;

        public long Count { get; set; }

        public double Sum { get; set; }
    }
}
