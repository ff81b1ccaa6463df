using System.Net;
using LoraComposition.DependencyInjection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Serve.Tests.Support;

namespace Serve.Tests;

public sealed class StatusTests(ServedModel model)
{
    [Fact]
    public async Task It_is_ready_once_the_model_is_warm()
    {
        // Without its own warm-up, which is then run by hand.
        ServiceDescriptor warmUp = null!;
        await using var server = await RunningServer.StartAsync(model, services =>
        {
            warmUp = services.Single(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType?.Assembly == typeof(PredictorReadiness).Assembly);
            services.Remove(warmUp);
        });

        (await server.Client.GetAsync("health")).StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        (await server.MetricAsync("lora_composition_ready")).Should().Be(0);
        var early = await server.Client.PostAsync("predict", Upload.Body(model.Pictures[0]));
        await early.ShouldRefuseAsync(503, "the model is not ready yet*");
        early.Headers.RetryAfter.Should().NotBeNull();

        using var byHand = (BackgroundService)ActivatorUtilities.CreateInstance(server.Services, warmUp.ImplementationType!);
        await byHand.StartAsync(CancellationToken.None);
        await byHand.ExecuteTask!;

        (await server.Client.GetStringAsync("health")).Should().Be("ready");
        (await server.MetricAsync("lora_composition_ready")).Should().Be(1);
        (await server.Client.PostAsync("predict", Upload.Body(model.Pictures[0]))).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_metrics_grow()
    {
        await using var server = await RunningServer.StartWarmAsync(model);
        string[] names = ["lora_composition_predict_pictures_total", "lora_composition_predict_refused_pictures_total", "lora_composition_predict_batch_duration_seconds_count",
            "lora_composition_predict_batch_duration_seconds_bucket{le=\"+Inf\"}"];
        double[] before = await Values();

        await server.Client.PostAsync("predict", Upload.Body(model.Pictures[0]));
        await server.Client.PostAsync("predict/batch", Upload.Form(model.Pictures[0], [1], model.Pictures[1]));
        await server.Client.PostAsync("predict", Upload.Body([1]));

        (await Values()).Zip(before, (now, then) => now - then).Should().Equal(3, 2, 2, 2);
        var answer = await server.Client.GetAsync("metrics");
        answer.Content.Headers.ContentType!.ToString().Should().StartWith("text/plain; version=0.0.4");
        string text = await answer.Content.ReadAsStringAsync();
        text.Should().Contain("# TYPE lora_composition_predict_pictures_total counter\n").And.Contain("http_request_method=\"POST\",http_response_status_code=\"400\",http_route=\"/predict\"");
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().OnlyContain(line => line.StartsWith('#') || System.Text.RegularExpressions.Regex.IsMatch(line, "^[a-z_]+(\\{([a-z_]+=\"[^\"]*\",?)+\\})? [0-9.E+-]+$"));

        async Task<double[]> Values() => [await server.MetricAsync(names[0]), await server.MetricAsync(names[1]), await server.MetricAsync(names[2]), await server.MetricAsync(names[3])];
    }

    [Fact]
    public async Task The_page_needs_nothing_from_elsewhere_and_writes_text_only_as_text()
    {
        await using var server = await RunningServer.StartWarmAsync(model);

        var answer = await server.Client.GetAsync("");
        string page = await answer.Content.ReadAsStringAsync();

        answer.Content.Headers.ContentType!.ToString().Should().Be("text/html; charset=utf-8");
        answer.Headers.GetValues("Content-Security-Policy").Single().Should().Contain("default-src 'none'").And.NotContain("unsafe");
        page.Should().Contain("<html lang=\"en\">").And.NotContain("http://").And.NotContain("https://").And.NotContain("innerHTML");
    }

    [Fact]
    public async Task It_stops_when_asked_to_and_a_request_in_hand_is_answered()
    {
        await using var server = await RunningServer.StartWarmAsync(model);
        var gate = server.Services.GetRequiredService<PredictionGate>();
        using var full = new FullGate(gate);
        var request = server.Client.PostAsync("predict", Upload.Body(model.Pictures[0]));
        while (gate.Waiting == 0) await Task.Delay(5);

        var lifetime = server.Services.GetRequiredService<IHostApplicationLifetime>();
        var stopping = server.StopAsync();
        lifetime.ApplicationStopping.IsCancellationRequested.Should().BeTrue();
        full.Open();
        await full.Ended;

        (await request).StatusCode.Should().Be(HttpStatusCode.OK);
        await stopping;
    }
}
