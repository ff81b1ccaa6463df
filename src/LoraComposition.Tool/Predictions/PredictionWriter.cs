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
