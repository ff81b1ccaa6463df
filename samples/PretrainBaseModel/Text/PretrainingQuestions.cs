using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace PretrainBaseModel.Text;

/// <summary>The questions that the model learns from: the same number of every pre-training task, in several draws.</summary>
static class PretrainingQuestions
{
    public static QuestionDataset Create(TextPretrainingSettings settings) => new("pre-training", [.. Enumerable.Range(0, settings.Draws).SelectMany(draw => Draw(settings, draw))]);

    static IEnumerable<MultipleChoiceQuestion> Draw(TextPretrainingSettings settings, int draw) =>
        from task in ProceduralTasks.PreTraining
        from question in ProceduralQuestions.Create(task, QuestionPart.Train, settings.PerTask, settings.Seed + draw).Questions
            // The draws count their questions alike.
        select new MultipleChoiceQuestion($"{draw}/{question.Id}", question.Question, question.Options, question.AnswerIndex);
}
