using System.Text.Encodings.Web;
using System.Text.Json;
using LoraComposition.FewShot;

namespace LoraComposition.Tool;

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
