using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using LoraComposition.DependencyInjection;
using LoraComposition.FewShot;

namespace Serve;

/// <summary>Listens to the predictor and to this server's requests, and writes what it has heard in the text format of Prometheus.</summary>
sealed class PrometheusMetrics : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4";

    const string Requests = "Microsoft.AspNetCore.Hosting";

    readonly MeterListener listener = new();
    readonly Lock gate = new();
    readonly SortedDictionary<string, MetricFamily> families = new(StringComparer.Ordinal);
    readonly PredictorReadiness readiness;

    public PrometheusMetrics(IMeterFactory meters, PredictorReadiness readiness)
    {
        this.readiness = readiness;
        listener.InstrumentPublished = (instrument, to) =>
        {
            // Another server of the same process has a meter of the same name.
            bool ours = instrument.Meter.Name == PredictionTelemetry.SourceName || (instrument.Meter.Name == Requests && instrument.Meter.Scope == meters);
            if (!ours || MetricFamily.For(instrument) is not { } family) return;
            lock (gate) families[family.Name] = family;
            to.EnableMeasurementEvents(instrument, family);
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, family) => Record(family, value, tags));
        listener.SetMeasurementEventCallback<long>((_, value, tags, family) => Record(family, value, tags));
        listener.SetMeasurementEventCallback<double>((_, value, tags, family) => Record(family, value, tags));
        listener.Start();
    }

    /// <summary>What has been heard until now.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# HELP lora_composition_ready Whether the model is warm.\n# TYPE lora_composition_ready gauge\nlora_composition_ready {(readiness.IsReady ? 1 : 0)}\n");
        lock (gate)
            foreach (var family in families.Values) family.Write(text);
        return text.ToString();
    }

    public void Dispose() => listener.Dispose();

    void Record(object? family, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (gate) ((MetricFamily)family!).Record(value, tags);
    }
}
