using System.Text.Encodings.Web;
using System.Text.Json;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LoraComposition.Tool;

/// <summary>Writes predictions one by one, as they are computed. Disposing it ends the output.</summary>
abstract class PredictionWriter : IDisposable
{
    /// <summary>Begins the output.</summary>
    public static PredictionWriter For(PredictionFormat format, TextWriter output) => format switch
    {
        PredictionFormat.Csv => new CsvPredictionWriter(output),
        PredictionFormat.Json => new JsonPredictionWriter(output),
        PredictionFormat.Jsonl => new JsonLinesPredictionWriter(output),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There is no such format."),
    };

    /// <summary>Writes a prediction, or where the form has a place for it that there is none, and lets it be read at once.</summary>
    public abstract void Write(ImagePrediction prediction);

    public abstract void Dispose();
}

/// <summary>How predictions are written.</summary>
enum PredictionFormat
{
    /// <summary>A line for each image and rank.</summary>
    Csv,

    /// <summary>One array with an object for each image.</summary>
    Json,

    /// <summary>An object for each image, one a line.</summary>
    Jsonl,
}

/// <summary>CSV as RFC 4180 has it, but LF as the end of a line.</summary>
sealed class CsvPredictionWriter : PredictionWriter
{
    readonly TextWriter output;

    public CsvPredictionWriter(TextWriter output)
    {
        this.output = output;
        output.Write("path,rank,class,probability\n");
    }

    public override void Write(ImagePrediction prediction)
    {
        foreach (var line in prediction.Classes)
            output.Write(FormattableString.Invariant($"{CsvField.Of(prediction.Path)},{line.Rank},{CsvField.Of(line.ClassName)},{line.Probability:F6}\n"));
        output.Flush();
    }

    public override void Dispose() => output.Flush();
}

/// <summary>A prediction as <c>{"path", "classes": [{"rank", "class", "probability"}]}</c>, one line.</summary>
static class PredictionJson
{
    static readonly JsonSerializerOptions options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(ImagePrediction prediction)
    {
        var classes = prediction.Classes.Select(line => new { rank = line.Rank, @class = line.ClassName, probability = Math.Round(line.Probability, 6) });
        return JsonSerializer.Serialize(new { path = prediction.Path, classes }, options);
    }

    /// <summary>Why there is none, as <c>{"path", "error"}</c>.</summary>
    public static string OfRefusal(string path, DataException refusal) => JsonSerializer.Serialize(new { path, error = refusal.Message.ReplaceLineEndings(" ") }, options);
}

/// <summary>An array of predictions, one a line.</summary>
sealed class JsonPredictionWriter : PredictionWriter
{
    readonly TextWriter output;
    bool any;

    public JsonPredictionWriter(TextWriter output)
    {
        this.output = output;
        output.Write("[");
    }

    public override void Write(ImagePrediction prediction)
    {
        if (prediction.Refusal is not null) return;
        output.Write($"{(any ? "," : "")}\n{PredictionJson.Of(prediction)}");
        output.Flush();
        any = true;
    }

    public override void Dispose()
    {
        output.Write(any ? "\n]\n" : "]\n");
        output.Flush();
    }
}

/// <summary>Predictions alone, one a line, for programs that read each as it comes; there is a line for each image, so that questions and answers keep step.</summary>
sealed class JsonLinesPredictionWriter(TextWriter output) : PredictionWriter
{
    public override void Write(ImagePrediction prediction)
    {
        output.Write($"{(prediction.Refusal is { } refusal ? PredictionJson.OfRefusal(prediction.Path, refusal) : PredictionJson.Of(prediction))}\n");
        output.Flush();
    }

    public override void Dispose() => output.Flush();
}
