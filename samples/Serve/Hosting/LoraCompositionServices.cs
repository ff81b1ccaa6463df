using LoraComposition.FewShot;
using Microsoft.Extensions.Options;

namespace Serve;

/// <summary>Puts an adapted model into an application's services.</summary>
static class LoraCompositionServices
{
    /// <summary>
    /// Adds one <see cref="ImagePredictor"/> for all requests, its <see cref="AdaptedModel"/>, which the services own, and <see cref="PredictorReadiness"/>.
    /// The model is read when it is first asked for, or once the application has started, and is then warmed up by one prediction.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Says which model.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddLoraComposition(this IServiceCollection services, Action<LoraCompositionOptions> configure)
    {
        services.AddOptions<LoraCompositionOptions>().Configure(configure)
            .Validate(options => !string.IsNullOrWhiteSpace(options.Model), "AddLoraComposition needs Model, a folder that lora-compose adapt wrote.");
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<LoraCompositionOptions>>().Value;
            return AdaptedModel.Load(options.Model, options.BaseFolder, options.Device, provider.GetRequiredService<ILogger<AdaptedModel>>());
        });
        services.AddSingleton(provider => new ImagePredictor(provider.GetRequiredService<AdaptedModel>(),
            provider.GetRequiredService<IOptions<LoraCompositionOptions>>().Value.BatchSize, provider.GetRequiredService<ILogger<ImagePredictor>>()));
        services.AddSingleton<PredictorReadiness>();
        services.AddHostedService<PredictorWarmUp>();
        return services;
    }
}
