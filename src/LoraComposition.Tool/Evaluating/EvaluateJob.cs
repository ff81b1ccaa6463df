using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;
using LoraComposition.Files;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary>Evaluates a model on labelled pictures or texts and writes what came out.</summary>
static class EvaluateJob
{
    const int MostNames = 12;

    /// <summary>Runs the job.</summary>
    /// <exception cref="ModelFileException">The model is refused.</exception>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="DataException">The samples are refused; each picture that is damaged was named.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing was written.</exception>
    public static EvaluateReport Run(EvaluateSettings settings, Device device, PhaseTimes times, ILogger? logger, IProgressReporter progress, CancellationToken cancellation)
    {
        var (report, samples) = OwnTextSplits.Is(settings.Data) ? OnTexts(settings, device, times, logger, progress, cancellation) : OnPictures(settings, device, times, logger, progress, cancellation);
        cancellation.ThrowIfCancellationRequested();
        if (settings.Out is { } folder)
        {
            StagedFolder.Write(folder, staging =>
            {
                var subject = new EvaluationSubject(report.Model, $"{report.Part} ({report.Data})", report.Warnings);
                EvaluationFiles.Write(staging, subject, report.Scores, samples, cancellation);
                AtomicFile.Write(Path.Combine(staging, "evaluation.json"), ToolOutput.Json(report) + "\n");
            }, settings.Replace, logger);
        }
        return report;
    }

    static (EvaluateReport, EvaluatedSamples) OnPictures(EvaluateSettings settings, Device device, PhaseTimes times, ILogger? logger, IProgressReporter progress, CancellationToken cancellation)
    {
        var splits = ImageFolderSplits.Open(settings.Data);
        var pictures = splits.Test ?? splits.Validation ?? splits.Train;
        var loading = times.Enter(RunPhase.Load);
        using var classifier = settings.Model.Open(device, needsHead: true, logger, cancellation);
        loading.Dispose();
        var evaluation = Evaluate(classifier, pictures, settings.Options, times, logger, progress, cancellation);
        return (new EvaluateReport
        {
            Model = settings.Model.ToString(),
            Data = settings.Data,
            Part = pictures.Name,
            DataSha256 = pictures.Fingerprint,
            Scores = evaluation.Scores,
            ClassesWithoutPictures = evaluation.ClassesWithoutPictures,
            IgnoredClasses = evaluation.IgnoredClasses,
            Skipped = [.. evaluation.Skipped.Select(sample => sample with { Part = PartOf(splits) })],
            Warnings = [.. classifier.Warnings, .. splits.Warnings, .. Doubts(splits, evaluation)],
        }, EvaluatedSamples.Pictures(pictures.Decode));
    }

    static (EvaluateReport, EvaluatedSamples) OnTexts(EvaluateSettings settings, Device device, PhaseTimes times, ILogger? logger, IProgressReporter progress, CancellationToken cancellation)
    {
        if (settings.Options.IgnoreUnknownClasses) throw new UsageException($"--ignore-unknown is for pictures, and --data {settings.Data} holds texts.");
        var (file, part) = OwnTextSplits.Tested(settings.Data);
        // Before the model is loaded: most mistakes are in the data.
        bool skip = settings.Options.SkipDamaged;
        var texts = OwnTexts.Open(file, labels: null, skip);
        bool labelled = texts.Template == OwnTextTemplates.Classification;
        var loading = times.Enter(RunPhase.Load);
        using var classifier = settings.Model.OpenText(null, otherwise: labelled ? texts.Questions.SharedChoices : null, device, logger, cancellation);
        loading.Dispose();
        if (classifier.Labels.Count > 0)
        {
            if (labelled) texts = OwnTexts.Open(file, classifier.Labels, skip);
            else if (texts.Questions.SharedChoices?.SequenceEqual(classifier.Labels) != true)
                throw new DataException(file, $"expected texts with the labels of the model ({string.Join(", ", classifier.Labels.Take(MostNames))}), found questions with choices.");
        }
        var tokens = new TokenizedQuestions(texts.Questions, classifier.Reading.ToTemplate(), classifier.Tokenizer, classifier.Reading.Lengths);
        ClassificationEvaluation scores;
        using (times.Enter(RunPhase.Test)) scores = ChoiceEvaluator.Run(classifier.Model, tokens, settings.Options.BatchSize, settings.Options.MostMistakes, progress, cancellation);
        return (new EvaluateReport
        {
            Model = settings.Model.ToString(),
            Data = settings.Data,
            Part = texts.Questions.Name,
            DataSha256 = texts.Questions.Fingerprint,
            Kind = labelled ? SampleKind.Texts : SampleKind.Questions,
            Scores = scores,
            ClassesWithoutPictures = [],
            IgnoredClasses = [],
            Skipped = [.. texts.Questions.Skipped.Damaged.Select(sample => sample with { Part = (part ?? QuestionPart.Test).ToString().ToLowerInvariant() })],
            Warnings = [.. classifier.Warnings, .. Doubts(part, settings.Model.HasLabels || !labelled, tokens)],
        }, EvaluatedSamples.Texts(i => texts.Questions.Questions[i].Question, labelled ? "texts" : "questions"));
    }

    static IEnumerable<string> Doubts(QuestionPart? part, bool hasLabels, TokenizedQuestions tokens)
    {
        var data = tokens.Dataset;
        if (part is QuestionPart.Validation) yield return "There is no test part, so the validation part is taken; where it chose among models or steps, the scores are a little too high.";
        if (part is QuestionPart.Train) yield return "There is no test part, so the training part is taken; of texts that the model learned from the scores are too high.";
        if (!hasLabels) yield return $"The model has no labels of its own, so it chooses among those of the data: {Listed(data.SharedChoices!)}.";
        if (ChoiceEvaluator.Warning(tokens) is { } same) yield return same;
        if (data.Skipped.Damaged is { Count: > 0 } damaged)
            yield return $"{Counted(damaged.Count, "row", "rows")} that cannot be used, left out: {Listed([.. damaged.Select(row => row.Path)])}. The first: {damaged[0].Reason}";
        int others = data.Skipped.Total - data.Skipped.Damaged.Count;
        if (others > 0) yield return $"{Counted(others, "row", "rows")} left out: {data.Skipped.WithEmptyText} empty, {data.Skipped.Repeated} that say the same as an earlier one.";
    }

    static ImageEvaluation Evaluate(ImageClassifier classifier, ImageDataset pictures, ImageEvaluationOptions options, PhaseTimes times, ILogger? logger, IProgressReporter progress,
        CancellationToken cancellation)
    {
        try
        {
            return ImageEvaluator.Run(classifier.Model, classifier.Preprocessing, pictures, options, times, logger, progress, cancellation);
        }
        catch (DamagedPicturesException e)
        {
            foreach (var picture in e.Pictures) progress.Report(picture.Message.ReplaceLineEndings(" "));
            throw;
        }
    }

    static IEnumerable<string> Doubts(ImageFolderSplits splits, ImageEvaluation evaluation)
    {
        if (splits is { Test: null, Validation: { } heldOut })
            yield return $"There is no test part, so {heldOut.Name} is taken; where it chose among models or steps, the scores are a little too high.";
        // Only a folder with parts gives the training part another name.
        else if (splits.Test is null && splits.Train.Name.EndsWith("-train", StringComparison.Ordinal))
            yield return $"There is no test part, so {splits.Train.Name} is taken; of pictures that the model learned from the scores are too high.";
        if (evaluation.ClassesWithoutPictures is { Count: > 0 } missing)
            yield return $"{Counted(missing.Count, "class", "classes")} of the model without pictures: {Listed(missing)}.";
        if (evaluation.IgnoredClasses is { Count: > 0 } ignored)
            yield return $"{Counted(ignored.Count, "class", "classes")} that the model does not know, left out: {Listed(ignored)}.";
        if (evaluation.Skipped is { Count: > 0 } skipped)
            yield return $"{Counted(skipped.Count, "picture", "pictures")} that cannot be read, left out: {Listed([.. skipped.Select(picture => picture.Path)])}. The first: {skipped[0].Reason.ReplaceLineEndings(" ")}";
    }

    static string PartOf(ImageFolderSplits splits) => splits.Test is not null ? "test" : splits.Validation is not null ? "validation" : "train";

    static string Counted(int count, string one, string many) => $"{count} {(count == 1 ? one : many)}";

    static string Listed(IReadOnlyList<string> names) =>
        $"{string.Join(", ", names.Take(MostNames))}{(names.Count > MostNames ? $" and {names.Count - MostNames} more" : "")}";
}
