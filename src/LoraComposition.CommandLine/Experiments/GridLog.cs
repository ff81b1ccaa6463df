using System.Globalization;
using System.Text;
using LoraComposition.Experiments;
using LoraComposition.Files;

namespace LoraComposition.CommandLine;

/// <summary>The log of a search: every point of every method with its score on the validation part.</summary>
static class GridLog
{
    /// <summary>Writes it as CSV, whole or not at all.</summary>
    public static void Write(string path, IReadOnlyList<GridChoice> choices)
    {
        var text = new StringBuilder("method,point,validation_accuracy,validation_loss,chosen\n");
        foreach (var choice in choices)
            text.Append(CultureInfo.InvariantCulture, $"{choice.Method.Name},{choice.Name},{choice.Accuracy:F6},{choice.Loss:F6},{(choice.Chosen ? "yes" : "no")}\n");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
