using System.Globalization;
using System.Text;
using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>The model card of a module, for people to read: what it is, what it was trained on, how well it does, how to use it.</summary>
static class ModuleCard
{
    const string CurveFile = "curve.png";

    public static string Of(ModuleReport report)
    {
        var text = new StringBuilder();
        var invariant = CultureInfo.InvariantCulture;
        text.Append("---\nlibrary_name: peft\ntags:\n- lora\n---\n\n");
        text.Append(invariant, $"# {Plain(report.Name)}\n\n");
        text.Append(invariant, $"A LoRA module for {report.Task}{(report.Classes.Count > 1 ? $" with {report.Classes.Count} classes" : "")}, rank {report.Training.Lora.Rank}, trained with LoraComposition on `{Plain(report.Base.Folder)}`.\n\n");
        foreach (string warning in report.Warnings) text.Append(invariant, $"Warning: {Plain(warning)}\n\n");
        text.Append("## Score\n\n").Append(Score(report)).Append("\n\n");
        text.Append(invariant, $"![Loss over the steps of training]({CurveFile})\n\n");
        text.Append("## Data\n\n").Append(invariant, $"`{Plain(report.Data)}`, SHA-256 {report.DataFingerprint}.\n\n");
        text.Append(MarkdownTable.Of(["class", "learned from", "held out"], report.Classes.Select(row => (IReadOnlyList<string>)
            [MarkdownTable.Escape(row.Name), row.Shots.ToString(invariant), row.Validation.ToString(invariant)])));
        text.Append(SkippedMarkdown.Of(report.Skipped));
        text.Append("\n## Settings\n\n").Append(MarkdownTable.Of(["setting", "value"], Settings(report)));
        text.Append(invariant, $"\nBase weights, SHA-256: {report.Base.Sha256}. It took {report.Seconds:F1} s on {report.Device}. All settings, every check and versions: {TrainedModule.ReportFile}.\n");
        if (report.Command is { } command) text.Append(invariant, $"\nMade by:\n\n```sh\n{command}\n```\n");
        text.Append("\n## Use\n\nThe folder is in PEFT's format: `PeftModel.from_pretrained` loads it, and so does `LoraAdapter.Load`. Compose it with other modules of the same base and adapt the composition to a new task of few samples:\n\n");
        text.Append("```sh\nlora-compose adapt --base BASE --adapter THIS-FOLDER ANOTHER-MODULE --data my-data --shots 5 --out my-model\n```\n");
        return text.ToString();
    }

    static string Score(ModuleReport report)
    {
        if (report.Outcome.Validation is not { } end) return "Nothing was held out, so it is not known.";
        int count = report.Classes.Sum(row => row.Validation);
        string from = report.StartScore is { } start && report.Outcome.BestStep > 0
            ? FormattableString.Invariant($", after {100 * start.Accuracy:F1} % before the first step") : "";
        return FormattableString.Invariant($"Accuracy {100 * end.Accuracy:F1} %{from}, mean cross-entropy {end.Loss:F4}, on the {count} samples held out. They also chose the step that was kept ({report.Outcome.BestStep} of {report.Outcome.Steps}), so both are a little too good.");
    }

    static IEnumerable<IReadOnlyList<string>> Settings(ModuleReport report)
    {
        var (training, lora) = (report.Training, report.Training.Lora);
        yield return ["layers", string.Join(", ", training.LoraRoles)];
        yield return ["rank", Text(lora.Rank)];
        yield return ["scaling", Text(lora.Scaling)];
        yield return ["dropout", Text(lora.Dropout)];
        yield return ["steps", Text(report.Outcome.Steps)];
        yield return ["batch", Text(training.Training.BatchSize)];
        yield return ["learning rate", Text(training.LearningRate)];
        yield return ["weight decay", Text(training.WeightDecay)];
        if (report.Preprocessing is not null) yield return ["augmentation", training.Augmentation.ToString()];
        yield return ["type of the base", report.Dtype];
        yield return ["seed", Text(training.Seed)];
    }

    static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    // Names come from folders of others.
    static string Plain(string text) => MarkdownTable.Escape(text).Replace("`", "'", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
