using System.Globalization;
using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>Shows an evaluation as files: a page, tables and figures. The same evaluation gives the same bytes.</summary>
public static class EvaluationFiles
{
    /// <summary>
    /// Writes <c>per-class.csv</c>, <c>confusion.csv</c>, <c>confusion.png</c> and <c>.svg</c>, <c>reliability.png</c> and <c>.svg</c>, and
    /// <c>evaluation.html</c>, one file that loads nothing and shows the worst mistakes.
    /// </summary>
    /// <param name="folder">The folder, which must exist; have it staged where it is to be whole or not there (<see cref="LoraComposition.Files.StagedFolder"/>).</param>
    /// <param name="subject">What was evaluated.</param>
    /// <param name="scores">What came out.</param>
    /// <param name="samples">What the samples are.</param>
    /// <param name="cancellation">Stops between two files or pictures.</param>
    /// <exception cref="DataException">A picture has become unreadable.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Write(string folder, EvaluationSubject subject, ClassificationEvaluation scores, EvaluatedSamples samples, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(samples);
        void Text(string name, string content) => AtomicFile.Write(Path.Combine(folder, name), content);
        Drawing confusion = ConfusionFigure.Draw(scores), reliability = ReliabilityFigure.Draw(scores);
        Text("per-class.csv", PerClass(scores));
        Text("confusion.csv", Confusion(scores));
        foreach (var (name, drawing) in new[] { ("confusion", confusion), ("reliability", reliability) })
        {
            cancellation.ThrowIfCancellationRequested();
            Text(name + ".svg", DrawingSvg.Of(drawing));
            AtomicFile.Write(Path.Combine(folder, name + ".png"), DrawingPng.Of(drawing));
        }
        Text("evaluation.html", new EvaluationPage(subject, scores, confusion, reliability, samples).Render(cancellation));
    }

    static string PerClass(ClassificationEvaluation scores) => CsvText.Of([["class", "support", "given", "correct", "precision", "recall", "f1"],
        .. scores.Classes.Select(score => (string[])[score.Name, Number(score.Support), Number(score.Given), Number(score.Correct), Number(score.Precision), Number(score.Recall),
            Number(score.F1)])]);

    static string Confusion(ClassificationEvaluation scores) => CsvText.Of([["true class", .. scores.Classes.Select(score => score.Name)],
        .. scores.Classes.Select((score, row) => (string[])[score.Name, .. scores.Confusion[row].Select(Number)])]);

    static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);

    // R: as many digits as tell the number from all others.
    static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
}

/// <summary>What was evaluated.</summary>
/// <param name="Model">What to call the model.</param>
/// <param name="Data">What to call the data.</param>
/// <param name="Notes">What readers of the result should know, a sentence each.</param>
public sealed record EvaluationSubject(string Model, string Data, IReadOnlyList<string> Notes);
