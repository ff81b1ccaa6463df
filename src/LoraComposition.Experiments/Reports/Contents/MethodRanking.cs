using System.Globalization;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// The methods of several experiments side by side: how they rank, against how many of the others' results with the mean of the modules a difference can be
/// seen, and what they cost. A block is one K of one experiment.
/// </summary>
static class MethodRanking
{
    const int FewestMethods = 3, FewestBlocks = 2;

    /// <summary>The table over the blocks that hold every method which most blocks hold; null where there are too few to rank.</summary>
    /// <param name="experiments">The experiments of a page.</param>
    public static ReportTable? Of(IReadOnlyList<ReportExperiment> experiments)
    {
        var all = experiments.SelectMany(experiment => experiment.Runs.GroupBy(run => run.Key.Shots).Select(runs => new RankedBlock(runs.Key, [.. runs]))).ToArray();
        // Studies and subsets have methods of their own, which no other experiment knows.
        string[] methods = [.. experiments.SelectMany(experiment => experiment.Summary.Methods).Distinct()
            .Where(method => all.Count(block => block.Scores.ContainsKey(method)) * 2 > all.Length)];
        RankedBlock[] blocks = [.. all.Where(block => methods.All(block.Scores.ContainsKey))];
        if (methods.Length < FewestMethods || blocks.Length < FewestBlocks) return null;
        string reference = new UniformComposition().Name;
        var rows = methods.Select(method => new RankedMethod(method, blocks, methods, methods.Contains(reference) ? reference : null)).OrderBy(row => row.MeanRank).ToArray();
        string[] header = ["Method", "Mean rank", $"Better / worse than {reference}", "|Θ|", "Seconds a run", "Peak MiB"];
        return new ReportTable("methods", $"The methods over {blocks.Length} blocks of one experiment and K", header,
            [.. rows.Select((row, i) => (SummaryGrid.Cell[])[new(row.Method), new(Number(row.MeanRank, "F1"), i == 0), new(row.Seen), new(Number(row.Trained, "N0")), new(Number(row.Seconds, "F1")), new(row.PeakMemoryMiB is { } peak ? Number(peak, "N0") : "–")])],
            CsvText.Of([["method", "mean_rank", "blocks", "better", "worse", "trainable_parameters", "seconds", "peak_memory_mib"],
                .. rows.Select(row => (string[])[row.Method, Number(row.MeanRank, "R"), Number(blocks.Length, "F0"), Number(row.Better, "F0"), Number(row.Worse, "F0"), Number(row.Trained, "F0"), Number(row.Seconds, "R"), row.PeakMemoryMiB is { } peak ? Number(peak, "R") : ""])]))
        {
            Notes =
            [
                $"Rank 1 is the highest mean of a block; equal means share their ranks. Better and worse count the blocks where a difference from {reference} can be seen: a paired 95 % interval without zero that stands Holm's correction for the {methods.Length - 1} comparisons of the block.",
                "Seconds are those of whole runs, tests included, on the machine that ran them. Peak MiB is the most memory that the process held in any of the runs: with the base model, and with what runs before in the same process have left; without a GPU's.",
            ],
        };
    }

    static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>The runs of one K of one experiment.</summary>
    sealed class RankedBlock
    {
        public RankedBlock(int? shots, IReadOnlyList<RunResult> runs)
        {
            (Shots, Runs) = (shots, runs);
            Scores = runs.GroupBy(run => run.Key.Method).ToDictionary(group => group.Key, group => group.Average(run => run.Accuracy));
        }

        public int? Shots { get; }

        public IReadOnlyList<RunResult> Runs { get; }

        public IReadOnlyDictionary<string, double> Scores { get; }

        /// <summary>The rank of a method among some, from 1; equal scores share the mean of their ranks.</summary>
        public double Rank(string method, IReadOnlyList<string> among) =>
            among.Count(other => Scores[other] > Scores[method]) + (among.Count(other => Scores[other] == Scores[method]) + 1) / 2.0;
    }

    /// <summary>One method over all blocks.</summary>
    sealed class RankedMethod
    {
        public RankedMethod(string method, IReadOnlyList<RankedBlock> blocks, IReadOnlyList<string> methods, string? reference)
        {
            Method = method;
            MeanRank = blocks.Average(block => block.Rank(method, methods));
            var runs = blocks.SelectMany(block => block.Runs.Where(run => run.Key.Method == method)).ToArray();
            (Trained, Seconds) = (runs.Max(run => run.TrainableParameters), runs.Average(run => run.Timings.Values.Sum()));
            PeakMemoryMiB = RunResult.PeakOf(runs);
            if (reference is null || reference == method) return;
            var seen = blocks.Select(block => RunComparison.Of(block.Runs, block.Shots, reference, [.. methods.Where(other => other != reference)])
                .FirstOrDefault(difference => difference.Second == method)).Where(difference => difference is { IsSeen: true }).ToArray();
            (Better, Worse) = (seen.Count(difference => difference!.Paired.Difference < 0), seen.Count(difference => difference!.Paired.Difference > 0));
            Seen = $"{Better} / {Worse}";
        }

        public string Method { get; }

        public double MeanRank { get; }

        public long Trained { get; }

        public double Seconds { get; }

        public double? PeakMemoryMiB { get; }

        public int Better { get; }

        public int Worse { get; }

        public string Seen { get; } = "–";
    }
}
