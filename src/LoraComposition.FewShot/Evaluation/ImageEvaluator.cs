using LoraComposition.Models;
using Microsoft.Extensions.Logging;

namespace LoraComposition.FewShot;

/// <summary>Evaluates any ViT with a head on labelled pictures. The classes of the data are those of the model that are called the same, in whatever order.</summary>
public static class ImageEvaluator
{
    const int MostNames = 12;

    /// <summary>Classifies every picture and counts.</summary>
    /// <param name="model">The model, with a head; it is put into evaluation mode.</param>
    /// <param name="preprocessing">How pictures are made ready for it.</param>
    /// <param name="data">The pictures; a batch of them is in memory at once.</param>
    /// <param name="options">What to leave out and to keep; defaults where not given.</param>
    /// <param name="times">Is told what the time goes into. Not owned.</param>
    /// <param name="logger">Is told of damaged pictures.</param>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>The evaluation.</returns>
    /// <exception cref="ArgumentException">The model has no head, its images have another size than the preprocessing makes, or an option cannot be.</exception>
    /// <exception cref="DataException">The data have classes that the model does not know, or none of its pictures is left.</exception>
    /// <exception cref="DamagedPicturesException">Pictures cannot be read; all of them were looked for.</exception>
    /// <exception cref="NonFiniteException">The model gives no numbers.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ImageEvaluation Run(VisionTransformer model, ImagePreprocessing preprocessing, ImageDataset data, ImageEvaluationOptions? options = null,
        PhaseTimes? times = null, ILogger? logger = null, IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new ImageEvaluationOptions();
        options.Validate();
        times ??= new PhaseTimes();
        using var testing = times.Enter(RunPhase.Test);
        var predictor = new ImagePredictor(model, preprocessing, options.BatchSize, logger);
        var labels = predictor.ClassNames.Select((name, label) => (name, label)).ToDictionary(pair => pair.name, pair => pair.label, StringComparer.Ordinal);
        string[] unknown = [.. data.ClassNames.Where(name => !labels.ContainsKey(name))];
        if (unknown.Length > 0 && !options.IgnoreUnknownClasses)
            throw new DataException(data.Name, $"the model knows no class {Listed(unknown)}; it knows {Listed(predictor.ClassNames)}. Rename the folders, or leave them out (--ignore-unknown).");
        int[] pictures = [.. Enumerable.Range(0, data.Count).Where(i => labels.ContainsKey(data.ClassNames[data.Label(i)]))];
        if (pictures.Length == 0) throw new DataException(data.Name, $"no picture is of a class that the model knows: {Listed(predictor.ClassNames)}.");

        var builder = new ClassificationEvaluationBuilder(predictor.ClassNames, options.MostMistakes);
        var damaged = new List<(int Index, DataException Problem)>();
        using (var bar = (progress ?? NullProgressReporter.Instance).Begin("evaluating", pictures.Length))
        {
            foreach (int[] batch in pictures.Chunk(options.BatchSize))
            {
                cancellation.ThrowIfCancellationRequested();
                // Where damaged pictures are refused, the first says that the others are only to be looked for.
                bool compute = options.SkipDamaged || damaged.Count == 0;
                var (logits, refusals) = predictor.Logits(data, batch, Name, compute, times);
                damaged.AddRange(refusals);
                foreach (var (index, row) in logits)
                {
                    if (!row.All(double.IsFinite))
                        throw new NonFiniteException($"{Name(index)}: the model's outputs are NaN or infinite; its weights are too large to compute with.");
                    builder.Add(index, Name(index), labels[data.ClassNames[data.Label(index)]], row);
                }
                bar.Advance(batch.Length);
            }
        }
        if (damaged.Count > 0 && !options.SkipDamaged) throw new DamagedPicturesException(data.Name, pictures.Length, [.. damaged.Select(picture => picture.Problem)]);
        if (builder.Count == 0) throw new DataException(data.Name, $"none of its pictures can be read. The first: {damaged[0].Problem.Message}");
        var present = pictures.Select(i => labels[data.ClassNames[data.Label(i)]]).ToHashSet();
        return new ImageEvaluation
        {
            Scores = builder.Build(),
            ClassesWithoutPictures = [.. predictor.ClassNames.Where((_, label) => !present.Contains(label))],
            IgnoredClasses = unknown,
            Skipped = [.. damaged.Select(picture => new SkippedSample(data.Name, Name(picture.Index), picture.Problem.Reason))],
        };

        string Name(int index) => data is ImageFileDataset files ? files.RelativePath(index) : $"{data.Name}[{index}]";
    }

    static string Listed(IReadOnlyList<string> names) => NameList.Listed([.. names.Select(name => $"'{name}'")], MostNames);
}
