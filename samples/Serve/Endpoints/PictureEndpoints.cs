using LoraComposition.DependencyInjection;
using LoraComposition.FewShot;

namespace Serve;

/// <summary><c>/predict</c> and <c>/predict/batch</c> of a model of pictures.</summary>
static class PictureEndpoints
{
    public static void MapPictures(this WebApplication app)
    {
        app.MapPost("/predict", (HttpRequest request, ServeSettings settings, PredictorReadiness readiness, PredictionGate gate, ImagePredictor predictor,
            CancellationToken cancellation) => Replies.AnswerAsync(readiness, request, async () =>
        {
            byte[] picture = await UploadedPictures.ReadOneAsync(request, settings, cancellation);
            return new SampleAnswer(ClassAnswer.Of(await gate.RunAsync(() => predictor.Predict(picture, settings.Top, cancellation), cancellation)), null);
        }));

        app.MapPost("/predict/batch", (HttpRequest request, ServeSettings settings, PredictorReadiness readiness, PredictionGate gate, ImagePredictor predictor,
            CancellationToken cancellation) => Replies.AnswerAsync(readiness, request, async () =>
        {
            var pictures = await UploadedPictures.ReadAllAsync(request, settings, cancellation);
            var predictions = await gate.RunAsync(() => predictor.PredictAll(pictures, settings.Top, cancellation), cancellation);
            return new PicturesAnswer([.. predictions.Select(p => p.Refusal is { } refusal ? new SampleAnswer(null, refusal.Message) : new SampleAnswer(ClassAnswer.Of(p.Classes), null))]);
        }));
    }
}
