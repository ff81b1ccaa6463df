using System.Text.Encodings.Web;
using System.Text.Json;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LoraComposition.Tool;

/// <summary>Writes predictions one by one, as they are computed. Disposing it ends the output.</summary>
abstract class PredictionWriter : IDisposable
{
    /// <summary>Begins the output.</summary>
    /// <param name="format">The format.</param>
    /// <param name="output">Where to.</param>
    /// <param name="subject">What a sample is called by: path or text.</param>
    public static PredictionWriter For(PredictionFormat format, TextWriter output, string subject) => format switch
    {
        PredictionFormat.Csv => new CsvPredictionWriter(output, subject),
        PredictionFormat.Json => new JsonPredictionWriter(output, subject),
        PredictionFormat.Jsonl => new JsonLinesPredictionWriter(output, subject),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There is no such format."),
    };

    /// <summary>Writes a prediction, or where the form has a place for it that there is none, and lets it be read at once.</summary>
    public abstract void Write(SamplePrediction prediction);

    public abstract void Dispose();
}

/// <summary>What a model says of one sample.</summary>
/// <param name="Sample">The path of a picture, or a text itself.</param>
/// <param name="Classes">The most probable classes, best first; empty where it was refused.</param>
/// <param name="Refusal">Why it was refused; null where it was not.</param>
sealed record SamplePrediction(string Sample, IReadOnlyList<ClassProbability> Classes, DataException? Refusal = null);

/// <summary>How predictions are written.</summary>
enum PredictionFormat
{
    /// <summary>A line for each sample and rank.</summary>
    Csv,

    /// <summary>One array with an object for each sample.</summary>
    Json,

    /// <summary>An object for each sample, one a line.</summary>
    Jsonl,
}

/// <summary>CSV as RFC 4180 has it, but LF as the end of a line.</summary>
sealed class CsvPredictionWriter : PredictionWriter
{
    readonly TextWriter output;

    public CsvPredictionWriter(TextWriter output, string subject)
    {
        this.output = output;
        output.Write($"{subject},rank,class,probability\n");
    }

    public override void Write(SamplePrediction prediction)
    {
        foreach (var line in prediction.Classes)
            output.Write(FormattableString.Invariant($"{CsvField.Of(prediction.Sample)},{line.Rank},{CsvField.Of(line.ClassName)},{line.Probability:F6}\n"));
        output.Flush();
    }

    public override void Dispose() => output.Flush();
}

/// <summary>A prediction as <c>{"path", "classes": [{"rank", "class", "probability"}]}</c>, one line; of a text <c>"text"</c> stands in place of the path.</summary>
static class PredictionJson
{
    static readonly JsonSerializerOptions options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(string subject, SamplePrediction prediction)
    {
        var classes = prediction.Classes.Select(line => new { rank = line.Rank, @class = line.ClassName, probability = Math.Round(line.Probability, 6) });
        return JsonSerializer.Serialize(new Dictionary<string, object> { [subject] = prediction.Sample, ["classes"] = classes }, options);
    }

    /// <summary>Why there is none, as <c>{"path", "error"}</c>.</summary>
    public static string OfRefusal(string subject, string sample, DataException refusal) =>
        JsonSerializer.Serialize(new Dictionary<string, object> { [subject] = sample, ["error"] = refusal.Message.ReplaceLineEndings(" ") }, options);
}

/// <summary>An array of predictions, one a line.</summary>
sealed class JsonPredictionWriter : PredictionWriter
{
    readonly TextWriter output;
    readonly string subject;
    bool any;

    public JsonPredictionWriter(TextWriter output, string subject)
    {
        (this.output, this.subject) = (output, subject);
        output.Write("[");
    }

    public override void Write(SamplePrediction prediction)
    {
        if (prediction.Refusal is not null) return;
        output.Write($"{(any ? "," : "")}\n{PredictionJson.Of(subject, prediction)}");
        output.Flush();
        any = true;
    }

    public override void Dispose()
    {
        output.Write(any ? "\n]\n" : "]\n");
        output.Flush();
    }
}

/// <summary>Predictions alone, one a line, for programs that read each as it comes; there is a line for each sample, so that questions and answers keep step.</summary>
sealed class JsonLinesPredictionWriter(TextWriter output, string subject) : PredictionWriter
{
    public override void Write(SamplePrediction prediction)
    {
        output.Write($"{(prediction.Refusal is { } refusal ? PredictionJson.OfRefusal(subject, prediction.Sample, refusal) : PredictionJson.Of(subject, prediction))}\n");
        output.Flush();
    }

    public override void Dispose() => output.Flush();
}
