using LoraComposition.Experiments;

namespace LabelShift.Studies;

/// <summary>What the runs of each part of a study say, compared on the same seeds and test samples.</summary>
static class StudyReading
{
    public static void Write(IEnumerable<(string Part, ExperimentResults Results)> parts)
    {
        foreach (var (part, results) in parts)
        {
            foreach (string line in CoincidenceReading.Of(results.Summary, results.Runs)) Console.WriteLine($"{part}: {line}");
            foreach (string line in RemarkReading.Of(results.Runs)) Console.WriteLine($"warning: {part}: {line}");
            foreach (string sentence in SummaryReading.Of(results.Summary, results.Runs, ["lora", "uniform"])) Console.WriteLine($"{part}: {sentence}");
        }
    }
}
