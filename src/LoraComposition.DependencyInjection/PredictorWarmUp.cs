using LoraComposition.FewShot;
using Microsoft.Extensions.Hosting;

namespace LoraComposition.DependencyInjection;

/// <summary>Reads the model and predicts once, beside the start of the application: the first prediction of a process takes many times as long as the next.</summary>
sealed class PredictorWarmUp(IServiceProvider services, PredictorReadiness readiness) : BackgroundService
{
    // The model is read in the other thread too, when what predicts with it is asked for.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(() =>
    {
        ((IWarmUp)services.GetService(typeof(IWarmUp))!).Predict(stoppingToken);
        readiness.SetReady();
    }, stoppingToken);
}

/// <summary>Predicts once, whatever it may be.</summary>
interface IWarmUp
{
    void Predict(CancellationToken cancellation);
}

/// <summary>Of a black picture.</summary>
sealed class PictureWarmUp(AdaptedModel model, ImagePredictor predictor) : IWarmUp
{
    public void Predict(CancellationToken cancellation)
    {
        // The model's own size: preprocessing that does not resize takes no other.
        int side = model.Preprocessing.Size;
        predictor.Predict(new RgbImage(side, side, new byte[3 * side * side]), top: 1, cancellation);
    }
}

/// <summary>Of a question with two choices, which every model of texts takes.</summary>
sealed class TextWarmUp(TextPredictor predictor) : IWarmUp
{
    public void Predict(CancellationToken cancellation) =>
        predictor.Predict(new MultipleChoiceQuestion("warm-up", "?", [AnswerOption.Lettered(0, "yes"), AnswerOption.Lettered(1, "no")], answerIndex: null), top: 1, cancellation);
}
