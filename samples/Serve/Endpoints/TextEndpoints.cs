using LoraComposition.DependencyInjection;
using LoraComposition.FewShot;

namespace Serve;

/// <summary><c>/predict</c> and <c>/predict/batch</c> of a model of texts.</summary>
static class TextEndpoints
{
    public static void MapTexts(this WebApplication app)
    {
        app.MapPost("/predict", (HttpRequest request, ServeSettings settings, PredictorReadiness readiness, PredictionGate gate, TextPredictor predictor,
            CancellationToken cancellation) => Replies.AnswerAsync(readiness, request, async () =>
        {
            var question = SentTexts.Question(await SentTexts.ReadOneAsync(request, settings, cancellation), predictor);
            return new SampleAnswer(ClassAnswer.Of(await gate.RunAsync(() => predictor.Predict(question, settings.Top, cancellation), cancellation)), null);
        }));

        app.MapPost("/predict/batch", (HttpRequest request, ServeSettings settings, PredictorReadiness readiness, PredictionGate gate, TextPredictor predictor,
            CancellationToken cancellation) => Replies.AnswerAsync(readiness, request, async () =>
        {
            var sent = await SentTexts.ReadAllAsync(request, settings, cancellation);
            return new TextsAnswer(await gate.RunAsync(() => Predict(sent, settings.Top, predictor, cancellation), cancellation));
        }));
    }

    // What cannot be asked does not stop the others.
    static IReadOnlyList<SampleAnswer> Predict(IReadOnlyList<SentText> sent, int top, TextPredictor predictor, CancellationToken cancellation)
    {
        var answers = new SampleAnswer[sent.Count];
        var questions = new List<(int Place, MultipleChoiceQuestion Question)>();
        foreach (var (place, text) in sent.Index())
        {
            try
            {
                questions.Add((place, SentTexts.Question(text, predictor)));
            }
            catch (RequestRefusedException e)
            {
                answers[place] = new SampleAnswer(null, e.Message);
            }
        }
        var predictions = predictor.Predict([.. questions.Select(asked => asked.Question)], top, cancellation: cancellation);
        foreach (var (asked, classes) in questions.Zip(predictions)) answers[asked.Place] = new SampleAnswer(ClassAnswer.Of(classes), null);
        return answers;
    }
}
