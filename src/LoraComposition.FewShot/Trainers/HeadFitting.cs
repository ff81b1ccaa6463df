using Microsoft.Extensions.Logging;

namespace LoraComposition.FewShot;

/// <summary>Fits heads of every penalty of a grid and keeps the one of the lowest held-out loss.</summary>
static class HeadFitting
{
    /// <summary>Chooses the penalty and fits the head on all of the support set. The caller owns the head.</summary>
    /// <param name="support">The features to learn from.</param>
    /// <param name="validation">The features held out; null where there are none.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="options">The grid.</param>
    /// <param name="seed">The seed of the folds.</param>
    /// <param name="cancellation">Stops between two fits.</param>
    public static (LinearHead Head, FittedHead Fitted) Fit(ImageFeatures support, ImageFeatures? validation, int classes, HeadOptions options, int seed,
        CancellationToken cancellation)
    {
        // From strong to weak, each starts where the one before ended.
        double[] penalties = [.. options.Penalties.OrderDescending()];
        if (validation is not null)
        {
            var scores = Path(support, validation, classes, penalties, cancellation);
            int best = Best(scores);
            return (HeadRegression.Fit(support, classes, penalties[best]), new FittedHead(penalties[best], HeadChoice.Validation, scores[best]));
        }
        int[][] folds = StratifiedFolds.Of(Labels(support), classes, options.Folds, seed);
        if (folds.Length < 2) return (HeadRegression.Fit(support, classes, options.FixedPenalty), new FittedHead(options.FixedPenalty, HeadChoice.Fixed, null));

        var sums = new (double Accuracy, double Loss)[penalties.Length];
        foreach (int[] fold in folds)
        {
            using var rest = support.Take([.. Enumerable.Range(0, (int)support.Images).Except(fold)]);
            using var held = support.Take(fold);
            foreach (var (i, score) in Path(rest, held, classes, penalties, cancellation).Index())
                sums[i] = (sums[i].Accuracy + score.Accuracy * fold.Length, sums[i].Loss + score.Loss * fold.Length);
        }
        ValidationScore[] means = [.. sums.Select(sum => new ValidationScore(sum.Accuracy / support.Images, sum.Loss / support.Images))];
        int chosen = Best(means);
        return (HeadRegression.Fit(support, classes, penalties[chosen]), new FittedHead(penalties[chosen], HeadChoice.CrossValidation, means[chosen]));
    }

    static ValidationScore[] Path(ImageFeatures train, ImageFeatures held, int classes, double[] penalties, CancellationToken cancellation)
    {
        var scores = new ValidationScore[penalties.Length];
        LinearHead? last = null;
        for (int i = 0; i < penalties.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var head = HeadRegression.Fit(train, classes, penalties[i], last);
            last?.Dispose();
            last = head;
            scores[i] = head.Score(held);
        }
        last?.Dispose();
        return scores;
    }

    static int Best(ValidationScore[] scores) => Array.IndexOf(scores, scores.MinBy(score => score.Loss));

    static int[] Labels(ImageFeatures features)
    {
        using var cpu = features.Labels.cpu();
        return [.. cpu.data<long>().Select(label => (int)label)];
    }
}

/// <summary>What fitting a head tells a logger.</summary>
static partial class HeadLog
{
    [LoggerMessage(EventId = 1200, Level = LogLevel.Information, Message = "{Method}: head fitted with penalty {Penalty}, chosen by {Choice}; held-out loss {Loss}")]
    public static partial void HeadFitted(this ILogger logger, string method, double penalty, HeadChoice choice, double loss);
}
