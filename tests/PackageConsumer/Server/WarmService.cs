using LoraComposition.DependencyInjection;
using LoraComposition.FewShot;

namespace Server;

/// <summary>The predictor as a service: warm once the application has started, and as sure as one made by hand.</summary>
static class WarmService
{
    public static async Task<int> RunAsync(byte[] picture)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        // LoraComposition.DependencyInjection
        builder.Services.AddLoraComposition(options => options.Model = "my-model");   // a folder that lora-compose adapt wrote
        // end
        await using var app = builder.Build();
        app.MapGet("/class", (ImagePredictor predictor) => predictor.Predict(picture, top: 1)[0].ClassName);
        await app.StartAsync();
        var readiness = app.Services.GetRequiredService<PredictorReadiness>();
        for (int i = 0; i < 600 && !readiness.IsReady; i++) await Task.Delay(100);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        string answer = await client.GetStringAsync("/class");
        using var model = AdaptedModel.Load("my-model");
        string expected = new ImagePredictor(model).Predict(picture, top: 1)[0].ClassName;
        await app.StopAsync();
        Console.WriteLine($"a warm service says {answer}, a predictor made by hand {expected}");
        return readiness.IsReady && answer == expected ? 0 : 1;
    }
}
