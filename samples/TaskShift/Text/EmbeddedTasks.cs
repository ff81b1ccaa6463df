using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace TaskShift.Text;

/// <summary>Three kinds of procedural questions as upstream tasks, a fourth downstream. Nothing is read.</summary>
static class EmbeddedTasks
{
    const int UpstreamQuestions = 1500, DownstreamQuestions = 250, TestQuestions = 300;

    public static TextTasks Create(TaskMaking making)
    {
        var downstream = ProceduralTasks.Downstream;
        return new TextTasks(
            [.. ProceduralTasks.Upstream.Select(task => making.Task(task.Name, ProceduralQuestions.Create(task, QuestionPart.Train, UpstreamQuestions), CrossFitTemplates.Arc))],
            making.Task(downstream.Name, ProceduralQuestions.Create(downstream, QuestionPart.Train, DownstreamQuestions), CrossFitTemplates.Arc, ProceduralQuestions.Create(downstream, QuestionPart.Test, TestQuestions)),
            []);
    }
}
