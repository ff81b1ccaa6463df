using LoraComposition.CommandLine;
using LoraComposition.Experiments;

namespace TaskShift.Text;

/// <summary>One's own texts, a file for each task.</summary>
static class OwnTasks
{
    /// <summary>Opens the tasks of every round: one for each data set that is to be learned.</summary>
    public static IReadOnlyList<TextTasks> Open(NamedData data, TaskMaking making, int validation)
    {
        var texts = data.Sets.Select(set => NamedTexts.Open(set.Name, set.Path, validation)).ToDictionary(set => set.Name);
        string[] remarks = [.. texts.Values.SelectMany(set => set.Remarks)];
        return [.. data.Choice.Downstream.Select(name => (Upstream: data.Choice.UpstreamOf(name).Select(other => texts[other]), Downstream: texts[name])).Select((round, number) => new TextTasks(
            [.. round.Upstream.Select(set => making.Task(set.Name, set.Train, set.Template))],
            making.Task(round.Downstream.Name, round.Downstream.Train, round.Downstream.Template, round.Downstream.Test),
            // Once is enough.
            number == 0 ? remarks : []))];
    }
}
