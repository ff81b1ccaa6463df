using System.Text.Encodings.Web;
using System.Text.Json;
using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>Keeps predictions beside their score, for a reader to look at.</summary>
internal static class PredictionFile
{
    // For eyes, not for web pages: letters and quotes stay as they are.
    static readonly JsonSerializerOptions options = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes predictions as JSON lines, one per question: id, target, prediction, exactMatch, correct, option, optionCorrect. The file is written whole or not
    /// at all.
    /// </summary>
    /// <param name="path">The file. Its folder must exist; a file that is there is replaced.</param>
    /// <param name="predictions">The predictions.</param>
    /// <exception cref="IOException">The folder is missing or cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<ScoredPrediction> predictions)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        AtomicFile.Write(path, stream =>
        {
            foreach (var prediction in predictions)
            {
                JsonSerializer.Serialize(stream, prediction, options);
                stream.WriteByte((byte)'\n');
            }
        });
    }
}
