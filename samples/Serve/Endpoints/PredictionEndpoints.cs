using LoraComposition.DependencyInjection;
using LoraComposition.FewShot;

namespace Serve;

/// <summary><c>/predict</c>, <c>/predict/batch</c> and <c>/classes</c>.</summary>
static class PredictionEndpoints
{
    public static void MapPredictions(this WebApplication app)
    {
        app.MapPost("/predict", (HttpRequest request, ServeSettings settings, PredictorReadiness readiness, PredictionGate gate, ImagePredictor predictor,
            CancellationToken cancellation) => AnswerAsync(readiness, request, async () =>
        {
            byte[] picture = await UploadedPictures.ReadOneAsync(request, settings, cancellation);
            return new PictureAnswer(ClassAnswer.Of(await gate.RunAsync(() => predictor.Predict(picture, settings.Top, cancellation), cancellation)), null);
        }));

        app.MapPost("/predict/batch", (HttpRequest request, ServeSettings settings, PredictorReadiness readiness, PredictionGate gate, ImagePredictor predictor,
            CancellationToken cancellation) => AnswerAsync(readiness, request, async () =>
        {
            var pictures = await UploadedPictures.ReadAllAsync(request, settings, cancellation);
            var predictions = await gate.RunAsync(() => predictor.PredictAll(pictures, settings.Top, cancellation), cancellation);
            return new BatchAnswer([.. predictions.Select(p => p.Refusal is { } refusal ? new PictureAnswer(null, refusal.Message) : new PictureAnswer(ClassAnswer.Of(p.Classes), null))]);
        }));

        app.MapGet("/classes", (HttpRequest request, PredictorReadiness readiness, IServiceProvider services) =>
            AnswerAsync(readiness, request, () => Task.FromResult(new ClassesAnswer(services.GetRequiredService<ImagePredictor>().ClassNames))));
    }

    static async Task<IResult> AnswerAsync<T>(PredictorReadiness readiness, HttpRequest request, Func<Task<T>> answer)
    {
        if (!readiness.IsReady)
        {
            request.HttpContext.Response.Headers.RetryAfter = "1";
            return Results.Problem("the model is not ready yet; try again in a moment.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
        try
        {
            return Results.Json(await answer());
        }
        catch (RequestRefusedException e)
        {
            return e.ToResult();
        }
        catch (DataException e)
        {
            return Results.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    }
}
