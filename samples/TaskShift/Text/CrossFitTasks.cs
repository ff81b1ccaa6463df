using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace TaskShift.Text;

/// <summary>The tasks of the paper's Table 2: SciQ, CommonsenseQA and QuAIL upstream, ARC-Challenge downstream.</summary>
static class CrossFitTasks
{
    static readonly (string Name, QuestionFormat Format)[] Upstream = [("SciQ", new SciQFormat()), ("CommonsenseQA", new CommonsenseQaFormat()), ("QuAIL", new QuailFormat())];
    static readonly (string Name, QuestionFormat Format) Downstream = ("ARC-Challenge", new ArcFormat());

    /// <summary>The sub-folders that hold the data sets.</summary>
    public static IEnumerable<string> Folders => Upstream.Append(Downstream).Select(d => d.Name);

    public static TextTasks Open(string folder, TaskMaking making)
    {
        var remarks = new List<string>();
        var upstream = Upstream.Select(d => Learned(folder, d.Name, d.Format, making, remarks)).ToArray();
        string downstream = Path.Combine(folder, Downstream.Name);
        var splits = Downstream.Format.Open(downstream, Downstream.Name);
        var train = splits.Train ?? throw new DataException(downstream, "expected a train part (ARC-Challenge-Train.jsonl or train-*.parquet), found none.");
        var test = splits.Test ?? throw new DataException(downstream, "expected a test part (ARC-Challenge-Test.jsonl or test-*.parquet), found none.");
        foreach (var part in new[] { train, test }) remarks.AddRange(SkippedRemark.Of(part.Name, part.Skipped));
        return new TextTasks(upstream, making.Task(Downstream.Name, train, Downstream.Format.Template, test), remarks);
    }

    // A module may be learned from any questions that are not tested on; the test part of another task is left alone all the same.
    static TextTask Learned(string folder, string name, QuestionFormat format, TaskMaking making, List<string> remarks)
    {
        string path = Path.Combine(folder, name);
        var splits = format.Open(path, name);
        var questions = splits.Train ?? splits.Validation ?? throw new DataException(path, "expected a train or a validation part, found neither.");
        if (splits.Train is null) remarks.Add($"{name}: there is no train part; its module learns from the {questions.Count} questions of the validation part.");
        remarks.AddRange(SkippedRemark.Of(questions.Name, questions.Skipped));
        return making.Task(name, questions, format.Template);
    }
}
