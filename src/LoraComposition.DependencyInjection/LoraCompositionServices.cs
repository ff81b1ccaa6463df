using LoraComposition.FewShot;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LoraComposition.DependencyInjection;

/// <summary>Puts an adapted model into an application's services.</summary>
public static class LoraCompositionServices
{
    /// <summary>
    /// Adds one <see cref="ImagePredictor"/> for all requests and its <see cref="AdaptedModel"/>, or for a model of texts one <see cref="TextPredictor"/> and its
    /// <see cref="TextClassifier"/>, which the services own and dispose, and <see cref="PredictorReadiness"/>. The model is read when the first of them is asked for, at the latest while the application starts, and warmed up by
    /// one prediction beside the start. A model that cannot be read stops the host: ask for the predictor before the start to see why.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Says which model.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentException">An option cannot be.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive.</exception>
    /// <exception cref="ModelFileException">The model's description is damaged.</exception>
    public static IServiceCollection AddLoraComposition(this IServiceCollection services, Action<LoraCompositionOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new LoraCompositionOptions();
        configure(options);
        options.Validate();
        if (AdaptedTextModel.IsIn(options.Model)) AddTexts(services, options);
        else AddPictures(services, options);
        services.AddSingleton<PredictorReadiness>();
        services.AddHostedService<PredictorWarmUp>();
        return services;
    }

    static void AddPictures(IServiceCollection services, LoraCompositionOptions options)
    {
        services.AddSingleton(provider => AdaptedModel.Load(options.Model, options.BaseFolder, options.Device, provider.GetService<ILogger<AdaptedModel>>()));
        services.AddSingleton(provider => new ImagePredictor(provider.GetRequiredService<AdaptedModel>(), options.BatchSize, provider.GetService<ILogger<ImagePredictor>>()));
        services.AddSingleton<IWarmUp, PictureWarmUp>();
    }

    static void AddTexts(IServiceCollection services, LoraCompositionOptions options)
    {
        services.AddSingleton(provider => TextClassifier.Open(options.Model, baseFolder: options.BaseFolder, device: options.Device, logger: provider.GetService<ILogger<TextClassifier>>()));
        services.AddSingleton(provider => new TextPredictor(provider.GetRequiredService<TextClassifier>(), options.BatchSize));
        services.AddSingleton<IWarmUp, TextWarmUp>();
    }
}
