using System.Globalization;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>An evaluation as one page that needs nothing beside it.</summary>
/// <param name="subject">What was evaluated.</param>
/// <param name="scores">What came out.</param>
/// <param name="confusion">The confusion matrix.</param>
/// <param name="reliability">The calibration.</param>
/// <param name="samples">What was evaluated.</param>
sealed class EvaluationPage(EvaluationSubject subject, ClassificationEvaluation scores, Drawing confusion, Drawing reliability, EvaluatedSamples samples)
{
    const int MostConfusions = 15;

    public string Render(CancellationToken cancellation) => HtmlDocument.Of($"Evaluation of {subject.Model}", Html.Of($"""
        <p class="note">Data: {subject.Data}</p>
        <p>{Sentence()}</p>
        {Notes()}{Measures()}<h2>Classes</h2>
        <p class="note">Precision: of the {samples.Nouns} given a class, the part that are of it. Recall: of its {samples.Nouns}, the part that are given it. F1: their harmonic mean.</p>
        {Classes()}<h2>Which class is taken for which</h2>
        {Figure("confusion", $"Confusion matrix of {scores.Classes.Count} classes. {ConfusionFigure.Title}; the numbers are in confusion.csv.", confusion)}{Confusions()}<h2>Calibration</h2>
        <p>Of the {samples.Nouns} whose class is given with a probability of 80 %, four of five should be right: bars on the line. Below it the model is surer than it should be. The mean distance, weighted by the {samples.Nouns} in each bin, is {Points(scores.ExpectedCalibrationError)} points.</p>
        {Figure("reliability", "Reliability: the part that is right by the probability given, in 15 bins; the numbers are in the table below.", reliability)}{Bins()}<h2>Worst mistakes</h2>
        {Mistakes(cancellation)}
        """), pictures: true);

    string Sentence() =>
        $"{scores.Correct} of {scores.Count} {samples.Nouns} are given their own class: {EvaluatedSamples.Percent(scores.Accuracy)}, with a 95 % interval (Wilson's) from {EvaluatedSamples.Percent(scores.AccuracyLow)} to {EvaluatedSamples.Percent(scores.AccuracyHigh)}.";

    Html Notes() => subject.Notes.Count == 0 ? Html.Empty : Html.Of($"<ul>\n{Html.Each(subject.Notes, note => Html.Of($"<li>{note}</li>\n"))}</ul>\n");

    Html Measures() => Table("Over all classes", ["Measure", "Value"],
    [
        ["Accuracy", EvaluatedSamples.Percent(scores.Accuracy)],
        ["95 % interval", $"{EvaluatedSamples.Percent(scores.AccuracyLow)} to {EvaluatedSamples.Percent(scores.AccuracyHigh)}"],
        [Heading, Number(scores.Count)],
        ["Mean loss (cross-entropy)", Number(scores.Loss)],
        ["Mean precision of the classes", Number(scores.MacroPrecision)],
        ["Mean recall", Number(scores.MacroRecall)],
        ["Mean F1", Number(scores.MacroF1)],
        ["Expected calibration error", $"{Points(scores.ExpectedCalibrationError)} points"],
    ]);

    Html Classes() => Table("Each class", ["Class", Heading, "Given", "Right", "Precision", "Recall", "F1"],
        scores.Classes.Select(score => (string[])[score.Name, Number(score.Support), Number(score.Given), Number(score.Correct), Number(score.Precision), Number(score.Recall),
            Number(score.F1)]));

    Html Confusions() => scores.MostConfused(MostConfusions) is not { Count: > 0 } pairs ? Html.Of($"<p>None is taken for another.</p>\n")
        : Table("The most frequent", ["True class", "Given", Heading], pairs.Select(pair => (string[])[pair.TrueClass, pair.GivenClass, Number(pair.Count)]));

    Html Bins() => Html.Of($"<details><summary>The numbers as a table</summary>{Table($"{Heading} by the probability of the class they are given", ["Probability", Heading, "Mean probability", "Right"],
        scores.Reliability.Select(bin => (string[])[$"{EvaluatedSamples.Percent(bin.Low)} to {EvaluatedSamples.Percent(bin.High)}", Number(bin.Count), bin.Probability is { } mean ? EvaluatedSamples.Percent(mean) : "–",
            bin.Accuracy is { } right ? EvaluatedSamples.Percent(right) : "–"]))}</details>\n");

    Html Mistakes(CancellationToken cancellation) => scores.WorstMistakes.Count == 0
        ? Html.Of($"<p>{(scores.Correct == scores.Count ? "There is none." : "None is shown.")}</p>\n")
        : Html.Of($"""
            <p>{scores.WorstMistakes.Count} of {scores.Count - scores.Correct}: those given a wrong class with the highest probability, the worst first.</p>
            {samples.Show(scores.WorstMistakes, cancellation)}
            """);

    string Heading => char.ToUpperInvariant(samples.Nouns[0]) + samples.Nouns[1..];

    static Html Figure(string name, string description, Drawing drawing) => FigureHtml.Of(new DrawnFigure(name, description, null, drawing), "evaluation");

    static Html Table(string caption, IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows) =>
        TableHtml.Of(caption, header, Html.Each(rows, row => TableHtml.Row(row[0], Html.Each(row.Skip(1), cell => Html.Of($"<td>{cell}</td>")))));

    static string Points(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part:F1}");

    static string Number(int count) => string.Create(CultureInfo.InvariantCulture, $"{count}");

    static string Number(double? value) => value is null ? "–" : string.Create(CultureInfo.InvariantCulture, $"{value:F3}");
}
