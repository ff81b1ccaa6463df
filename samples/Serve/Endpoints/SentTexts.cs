using System.Text;
using System.Text.Json;
using LoraComposition.FewShot;

namespace Serve;

/// <summary>A text, or a question with its choices and perhaps the text it is about.</summary>
sealed record SentText(string? Text, string? Question, IReadOnlyList<string>? Choices, string? Context);

/// <summary>Reads texts from a request, within the limits.</summary>
static class SentTexts
{
    // No model reads more, and cutting it into tokens takes time.
    const int LongestText = 100_000, MostChoices = 26;

    static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web) { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>The one text of a request: its body as plain text, or an object.</summary>
    public static async Task<SentText> ReadOneAsync(HttpRequest request, ServeSettings settings, CancellationToken cancellation)
    {
        if (RequestBody.MediaType(request).Equals("text/plain", StringComparison.OrdinalIgnoreCase))
            return new SentText(Encoding.UTF8.GetString(await RequestBody.ReadAsync(request, settings, cancellation)), null, null, null);
        return await ReadAsync<SentText>(request, settings, """an object, {"text": …} or {"question": …, "choices": […]}""", cancellation);
    }

    /// <summary>The texts of a list, in their order.</summary>
    public static async Task<IReadOnlyList<SentText>> ReadAllAsync(HttpRequest request, ServeSettings settings, CancellationToken cancellation)
    {
        var texts = await ReadAsync<SentText?[]>(request, settings, """a list of objects, {"text": …} or {"question": …, "choices": […]}""", cancellation);
        if (texts.Length == 0) throw Refused("the list is empty; expected texts.");
        if (texts.Length > settings.MaxBatch)
            throw new RequestRefusedException(StatusCodes.Status413PayloadTooLarge, $"expected at most {settings.MaxBatch} texts in a request, found {texts.Length}; send them in several.");
        return [.. texts.Select(text => text ?? throw Refused("a text is null; expected an object."))];
    }

    /// <summary>What a model is asked.</summary>
    public static MultipleChoiceQuestion Question(SentText sent, TextPredictor predictor)
    {
        if ((sent.Text ?? sent.Question ?? "").Length > LongestText || (sent.Context ?? "").Length > LongestText || sent.Choices?.Any(choice => choice?.Length > LongestText) == true)
            throw Refused($"expected texts of at most {LongestText} characters, found a longer one.");
        if (sent.Choices is null)
        {
            if (predictor.Labels.Count == 0) throw Refused("this model answers questions: expected \"question\" and \"choices\".");
            return !string.IsNullOrWhiteSpace(sent.Text) ? predictor.ToQuestion("sent", sent.Text) : throw Refused("expected \"text\", found none or an empty one.");
        }
        if (sent.Choices.Count > MostChoices) throw Refused($"expected at most {MostChoices} choices, found {sent.Choices.Count}.");
        AnswerOption[] options = [.. sent.Choices.Select((choice, i) => AnswerOption.Lettered(i, choice ?? ""))];
        return MultipleChoiceQuestion.Problem("sent", sent.Question ?? "", options, null) is { } problem ? throw Refused(problem)
            : new MultipleChoiceQuestion("sent", sent.Question!, options, null, string.IsNullOrWhiteSpace(sent.Context) ? null : sent.Context);
    }

    static async Task<T> ReadAsync<T>(HttpRequest request, ServeSettings settings, string expected, CancellationToken cancellation)
    {
        if (!RequestBody.MediaType(request).Equals("application/json", StringComparison.OrdinalIgnoreCase))
            throw new RequestRefusedException(StatusCodes.Status415UnsupportedMediaType, $"expected application/json: {expected}; or a text alone as text/plain for /predict.");
        byte[] body = await RequestBody.ReadAsync(request, settings, cancellation);
        try
        {
            return JsonSerializer.Deserialize<T>(body, json) ?? throw Refused($"expected {expected}, found null.");
        }
        catch (JsonException e)
        {
            throw Refused($"expected {expected}, but the body is not that: {e.Message}");
        }
    }

    static RequestRefusedException Refused(string detail) => new(StatusCodes.Status400BadRequest, detail);
}
