using LoraComposition.DependencyInjection;
using LoraComposition.FewShot;

namespace Serve;

/// <summary>The server from settings to its end.</summary>
static class ServeProgram
{
    // Less than the command line waits after Ctrl+C.
    static readonly TimeSpan shutdown = TimeSpan.FromSeconds(15);

    public static async Task RunAsync(ServeSettings settings, CancellationToken cancellation)
    {
        settings.Compute.Apply();
        await using var app = Create(settings);
        // A model that cannot be read ends the program before anybody is served.
        int classes = ModelDescription.Of(app.Services).Classes.Count;
        await app.StartAsync(cancellation);
        Console.WriteLine($"{(classes > 0 ? $"{classes} classes" : "Questions with choices")} on {string.Join(", ", app.Urls)}. Ctrl+C stops.");
        await app.WaitForShutdownAsync(cancellation);
    }

    /// <summary>Puts the server together; nothing listens yet.</summary>
    public static WebApplication Create(ServeSettings settings, Action<IServiceCollection>? configure = null)
    {
        // Its answers are the same wherever it is started: no file of settings, no environment of a developer.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production, ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.SetMinimumLevel(settings.Verbose ? LogLevel.Information : LogLevel.Warning);
        builder.WebHost.UseUrls(settings.Urls);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = settings.MaxUpload;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = shutdown);
        builder.Services.AddLoraComposition(options =>
        {
            options.Model = settings.Model;
            options.BaseFolder = settings.BaseFolder;
            options.Device = settings.Compute.Device;
        });
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<PredictionGate>();
        builder.Services.AddSingleton<PrometheusMetrics>();
        builder.Services.AddProblemDetails();
        configure?.Invoke(builder.Services);

        var app = builder.Build();
        // Listens from the first request on.
        app.Services.GetRequiredService<PrometheusMetrics>();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.MapPage();
        if (AdaptedTextModel.IsIn(settings.Model)) app.MapTexts();
        else app.MapPictures();
        app.MapClasses();
        app.MapStatus();
        return app;
    }
}
