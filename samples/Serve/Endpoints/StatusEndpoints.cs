using LoraComposition.DependencyInjection;

namespace Serve;

/// <summary><c>/health</c> and <c>/metrics</c>.</summary>
static class StatusEndpoints
{
    public static void MapStatus(this WebApplication app)
    {
        app.MapGet("/health", (PredictorReadiness readiness) => readiness.IsReady
            ? Results.Text("ready")
            : Results.Text("warming up", statusCode: StatusCodes.Status503ServiceUnavailable));
        app.MapGet("/metrics", (PrometheusMetrics metrics) => Results.Text(metrics.Write(), PrometheusMetrics.ContentType));
    }
}
