using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Results;

public class RunTableTests
{
    [Fact]
    public void ARunIsARowOfNumbers()
    {
        using var folder = new TemporaryFolder();
        var run = ResultOf.Run("lora", 5, 1, 0.8125, 12) with
        {
            Configuration = ConfigurationHash.ToJson(new { options = new { rate = 0.002, lora = new { rank = 4, deep = new { on = true, name = "x" } }, none = (int?)null } }),
            Details = ConfigurationHash.ToJson(new { steps = 60, bestStep = 12 }),
            Timings = new Dictionary<string, double> { ["load"] = 1.25, ["test"] = 0.5 },
            PeakMemoryMiB = 208.5,
        };
        var other = ResultOf.Run("full, \"all\"", null, 0, 0.5, 0) with { ValidationAccuracy = null, PeakMemoryMiB = null, BestEpoch = null, Configuration = ConfigurationHash.ToJson(new { options = new { rate = 1 } }) };

        RunTable.WriteCsv(folder["new/runs.csv"], [run, other]);

        File.ReadAllText(folder["new/runs.csv"]).Should().Be(
            "method,k,seed,samples,accuracy,validationAccuracy,testCount,trainableParameters,headParameters,steps,bestStep,bestEpoch,seconds,peakMemoryMiB,lora.deep.on,lora.rank,rate\n"
            + "lora,5,1,3,0.8125,0.5,1000,12,19225,60,12,7,1.75,208.5,1,4,0.002\n"
            + "\"full, \"\"all\"\"\",,0,3,0.5,,1000,0,19225,,,,1.25,,,,1\n");
    }

    [Fact]
    public void EveryNumberOfTheOptionsHasAColumn()
    {
        string header = RunTable.Of([ResultOf.Run("lora", 5, 1, 0.5) with { Configuration = ConfigurationHash.ToJson(new { options = new TuningOptions() }) }]).Split('\n')[0];

        header.Split(',').Should().Contain(["composerLearningRate", "fullLearningRate", "headLearningRate", "lora.rank", "training.batchSize", "training.steps", "warmUpEpochs", "weightDecay"]);
    }
}
