using System.Diagnostics;
using System.Diagnostics.Metrics;
using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using SkiaSharp;

namespace LoraComposition.FewShot.Tests.Adaptation;

/// <summary>Other tests predict at the same time, so only what belongs to the activity of the test is looked at.</summary>
public sealed class PredictionTelemetryTests : IDisposable
{
    const int Top = 2;

    readonly VisionTransformer model = TinyModel.Create(1, "apple", "pear", "plum");
    readonly ImagePredictor predictor;
    readonly byte[] picture = Pictures.Encode(SKEncodedImageFormat.Png, 20, 12, (x, y) => new SKColor((byte)(10 * x), (byte)(20 * y), 50));
    readonly Dictionary<string, List<double>> measured = [];
    readonly List<(ActivityTraceId Trace, Activity Activity)> ended = [];
    readonly MeterListener meters = new();
    readonly ActivityListener activities;
    // What is measured within it is of this test: an activity flows with the call.
    readonly Activity own = new Activity("test").Start();

    public PredictionTelemetryTests()
    {
        predictor = new ImagePredictor(model, ImagePreprocessing.Default with { Size = TinyModel.ImageSize }, batchSize: 2);
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == PredictionTelemetry.SourceName) listener.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<long>((instrument, value, _, _) => Keep(instrument, value));
        meters.SetMeasurementEventCallback<double>((instrument, value, _, _) => Keep(instrument, value));
        meters.Start();
        activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name == PredictionTelemetry.SourceName,
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                lock (ended) ended.Add((activity.TraceId, activity));
            },
        };
        ActivitySource.AddActivityListener(activities);
    }

    public void Dispose()
    {
        own.Dispose();
        activities.Dispose();
        meters.Dispose();
        model.Dispose();
    }

    [Fact]
    public void PicturesBatchesAndRefusalsAreCounted()
    {
        predictor.Predict(picture, Top);
        predictor.PredictAll([picture, [1, 2, 3], picture], Top);
        FluentActions.Invoking(() => predictor.Predict([1, 2, 3], Top)).Should().Throw<DataException>();

        measured[PredictionTelemetry.Pictures].Should().Equal(1, 1, 1);
        measured[PredictionTelemetry.BatchDuration].Should().HaveCount(3).And.OnlyContain(seconds => seconds > 0);
        measured[PredictionTelemetry.RefusedPictures].Should().Equal(1, 1);
    }

    [Fact]
    public void ABatchIsAnActivity()
    {
        predictor.PredictAll([picture, picture], Top);

        var activity = ended.Where(e => e.Trace == own.TraceId).Should().ContainSingle().Subject.Activity;
        activity.OperationName.Should().Be(PredictionTelemetry.Activity);
        activity.TagObjects.Should().BeEquivalentTo([KeyValuePair.Create<string, object?>(PredictionTelemetry.PicturesTag, 2),
            KeyValuePair.Create<string, object?>(PredictionTelemetry.TopTag, Top)]);
    }

    void Keep(Instrument instrument, double value)
    {
        if (Activity.Current?.TraceId != own.TraceId) return;
        lock (measured)
        {
            if (!measured.TryGetValue(instrument.Name, out var values)) measured[instrument.Name] = values = [];
            values.Add(value);
        }
    }
}
