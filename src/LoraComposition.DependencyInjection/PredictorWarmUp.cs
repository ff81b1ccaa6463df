using LoraComposition.FewShot;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LoraComposition.DependencyInjection;

/// <summary>Reads the model and predicts once, beside the start of the application: the first prediction of a process takes many times as long as the next.</summary>
sealed class PredictorWarmUp(IServiceProvider services, PredictorReadiness readiness) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(() =>
    {
        // The model's own size: preprocessing that does not resize takes no other.
        int side = services.GetRequiredService<AdaptedModel>().Preprocessing.Size;
        services.GetRequiredService<ImagePredictor>().Predict(new RgbImage(side, side, new byte[3 * side * side]), top: 1, stoppingToken);
        readiness.SetReady();
    }, stoppingToken);
}
