using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LoraComposition.DependencyInjection.Tests;

public sealed class LoraCompositionServicesTests : IDisposable
{
    readonly TinyAdaptation tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public async Task The_predictor_is_warm_beside_the_start_and_goes_with_the_services()
    {
        using (var result = tiny.Run("classifier")) result.Save(tiny.At("out"));
        AdaptedModel model;
        using (var host = Build(options => (options.Model, options.BatchSize) = (tiny.At("out"), 2)))
        {
            var readiness = host.Services.GetRequiredService<PredictorReadiness>();
            readiness.IsReady.Should().BeFalse();

            await host.StartAsync();
            await host.Services.GetServices<IHostedService>().OfType<BackgroundService>().Single().ExecuteTask!;

            readiness.IsReady.Should().BeTrue();
            var predictor = host.Services.GetRequiredService<ImagePredictor>();
            predictor.Should().BeSameAs(host.Services.GetRequiredService<ImagePredictor>());
            model = host.Services.GetRequiredService<AdaptedModel>();
            predictor.ClassNames.Should().Equal(model.Info.ClassNames);
            predictor.Predict(ImageFileList.Of(tiny.At("pictures", "test"))[0]).Should().HaveCount(3);
            await host.StopAsync();
        }
        FluentActions.Invoking(() => new ImagePredictor(model).Predict(ImageFileList.Of(tiny.At("pictures", "test"))[0])).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void A_model_that_cannot_be_read_is_told_to_whom_asks_for_it()
    {
        using var host = Build(options => options.Model = tiny.At("nothing-here"));

        host.Services.Invoking(services => services.GetRequiredService<ImagePredictor>()).Should().Throw<ModelFileException>().WithMessage("*nothing-here*");
    }

    [Fact]
    public void Options_that_cannot_be_are_refused_at_once()
    {
        var services = new ServiceCollection();

        services.Invoking(s => s.AddLoraComposition(_ => { })).Should().Throw<ArgumentException>().WithMessage("Model is missing*");
        services.Invoking(s => s.AddLoraComposition(options => (options.Model, options.BatchSize) = ("my-model", 0))).Should().Throw<ArgumentOutOfRangeException>();
    }

    static IHost Build(Action<LoraCompositionOptions> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddLoraComposition(configure);
        return builder.Build();
    }
}
