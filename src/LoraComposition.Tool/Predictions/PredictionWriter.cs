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
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There is no such format."),
    };

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
    }

    public override void Dispose() => output.Flush();
}

/// <summary>A JSON array of <c>{"path", "classes": [{"rank", "class", "probability"}]}</c>, one line for each image.</summary>
sealed class JsonPredictionWriter : PredictionWriter
{
    static readonly JsonSerializerOptions options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly TextWriter output;
    bool any;

    public JsonPredictionWriter(TextWriter output)
    {
        this.output = output;
        output.Write("[");
    }

    public override void Write(ImagePrediction prediction)
    {
        var classes = prediction.Classes.Select(line => new { rank = line.Rank, @class = line.ClassName, probability = Math.Round(line.Probability, 6) });
        output.Write($"{(any ? "," : "")}\n{JsonSerializer.Serialize(new { path = prediction.Path, classes }, options)}");
        any = true;
    }

    public override void Dispose()
    {
        output.Write(any ? "\n]\n" : "]\n");
        output.Flush();
    }
}
