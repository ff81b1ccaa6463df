using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LoraComposition.Tool;

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
