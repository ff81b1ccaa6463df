using LoraComposition.DependencyInjection;
using LoraComposition.FewShot;

namespace Serve;

/// <summary>What every endpoint that needs the model replies with.</summary>
static class Replies
{
    /// <summary><c>/classes</c>.</summary>
    public static void MapClasses(this WebApplication app) => app.MapGet("/classes", (HttpRequest request, PredictorReadiness readiness, IServiceProvider services) =>
        AnswerAsync(readiness, request, () =>
        {
            var model = ModelDescription.Of(services);
            return Task.FromResult(new ClassesAnswer(model.TakesTexts ? "texts" : "pictures", model.Classes));
        }));

    /// <summary>The answer, or why there is none.</summary>
    public static async Task<IResult> AnswerAsync<T>(PredictorReadiness readiness, HttpRequest request, Func<Task<T>> answer)
    {
        if (!readiness.IsReady)
        {
            request.HttpContext.Response.Headers.RetryAfter = "1";
            return Results.Problem("the model is not ready yet; try again in a moment.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
        try
        {
            return Results.Json(await answer());
        }
        catch (RequestRefusedException e)
        {
            return e.ToResult();
        }
        catch (DataException e)
        {
            return Results.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    }
}
