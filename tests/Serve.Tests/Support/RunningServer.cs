using System.Globalization;
using LoraComposition.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using TorchSharp;

namespace Serve.Tests.Support;

/// <summary>The server, listening on a free port of this machine, and a client of it.</summary>
sealed class RunningServer : IAsyncDisposable
{
    public const int Top = 2, MaxBatch = 20;
    public const long MaxUpload = 1 << 16;

    readonly WebApplication app;

    RunningServer(WebApplication app) => this.app = app;

    public HttpClient Client { get; } = new();

    public IServiceProvider Services => app.Services;

    public static async Task<RunningServer> StartAsync(ServedModel model, Action<IServiceCollection>? configure = null) => await StartAsync(model.Folder, configure);

    static async Task<RunningServer> StartAsync(string model, Action<IServiceCollection>? configure)
    {
        var compute = new ComputeSettings(torch.CPU, torch.float32, Tf32: false, Threads: null);
        var app = ServeProgram.Create(new ServeSettings(model, null, "http://127.0.0.1:0", MaxUpload, MaxBatch, Top, Verbose: false, compute), configure);
        var server = new RunningServer(app);
        await app.StartAsync();
        server.Client.BaseAddress = new Uri(app.Urls.Single());
        return server;
    }

    /// <summary>A server whose model is warm.</summary>
    public static Task<RunningServer> StartWarmAsync(ServedModel model) => StartWarmAsync(model.Folder);

    /// <summary>The same of the model in a folder.</summary>
    public static async Task<RunningServer> StartWarmAsync(string model)
    {
        var server = await StartAsync(model, null);
        while (!(await server.Client.GetAsync("health")).IsSuccessStatusCode) await Task.Delay(10);
        return server;
    }

    /// <summary>The value of a series of <c>/metrics</c>; 0 where it has none yet.</summary>
    public async Task<double> MetricAsync(string series)
    {
        string? line = (await Client.GetStringAsync("metrics")).Split('\n').SingleOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[series.Length..], CultureInfo.InvariantCulture);
    }

    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
