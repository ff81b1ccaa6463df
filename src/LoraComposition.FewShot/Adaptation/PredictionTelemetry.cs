using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace LoraComposition.FewShot;

/// <summary>
/// What every <see cref="ImagePredictor"/> and <see cref="TextPredictor"/> of the process tells of its work, through .NET's own <see cref="Meter"/> and <see cref="ActivitySource"/>: to
/// OpenTelemetry, <c>dotnet-counters</c> or a <see cref="MeterListener"/>. Without a listener nothing is kept.
/// </summary>
public static class PredictionTelemetry
{
    /// <summary>The name of the meter and of the source of activities.</summary>
    public const string SourceName = "LoraComposition";

    /// <summary>A counter: the pictures that were classified.</summary>
    public const string Pictures = "lora_composition.predict.pictures";

    /// <summary>A counter: the pictures that were refused, being damaged, too large or of a size that the preprocessing does not take.</summary>
    public const string RefusedPictures = "lora_composition.predict.refused_pictures";

    /// <summary>A counter: the texts whose label or answer was told.</summary>
    public const string Texts = "lora_composition.predict.texts";

    /// <summary>A histogram: the seconds that the model took for a batch, from prepared pictures or texts to probabilities. Decoding is not in it.</summary>
    public const string BatchDuration = "lora_composition.predict.batch.duration";

    /// <summary>An activity: the same span for one batch, with the tags <see cref="PicturesTag"/> or <see cref="TextsTag"/>, and <see cref="TopTag"/>.</summary>
    public const string Activity = "predict";

    /// <summary>A tag of the activity: the number of pictures in the batch.</summary>
    public const string PicturesTag = "lora_composition.pictures";

    /// <summary>A tag of the activity: the number of texts in the batch.</summary>
    public const string TextsTag = "lora_composition.texts";

    /// <summary>A tag of the activity: the number of classes that were asked for.</summary>
    public const string TopTag = "lora_composition.top";

    static readonly string? version = typeof(PredictionTelemetry).Assembly.GetName().Version?.ToString(3);
    static readonly ActivitySource source = new(SourceName, version);
    static readonly Meter meter = new(SourceName, version);
    static readonly Counter<long> pictures = meter.CreateCounter<long>(Pictures, "{picture}", "Pictures that were classified.");
    static readonly Counter<long> refusedPictures = meter.CreateCounter<long>(RefusedPictures, "{picture}", "Pictures that were refused.");
    static readonly Counter<long> texts = meter.CreateCounter<long>(Texts, "{text}", "Texts whose label or answer was told.");
    static readonly Histogram<double> batchDuration = meter.CreateHistogram<double>(BatchDuration, "s", "Seconds that the model took for a batch.");

    /// <summary>Runs a batch of pictures within an activity and counts it once it is done.</summary>
    internal static T Measure<T>(int count, int top, Func<T> batch) => Measure(pictures, PicturesTag, count, top, batch);

    /// <summary>The same of texts.</summary>
    internal static T MeasureTexts<T>(int count, int top, Func<T> batch) => Measure(texts, TextsTag, count, top, batch);

    static T Measure<T>(Counter<long> counter, string tag, int count, int top, Func<T> batch)
    {
        using var activity = source.StartActivity(Activity);
        activity?.SetTag(tag, count).SetTag(TopTag, top);
        long start = Stopwatch.GetTimestamp();
        var result = batch();
        batchDuration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds);
        counter.Add(count);
        return result;
    }

    /// <summary>Counts a picture that was refused.</summary>
    internal static void CountRefusal() => refusedPictures.Add(1);
}
