using LoraComposition.Experiments;
using LoraComposition.FewShot;
using LoraComposition.Text;

namespace TaskShift.Text;

/// <summary>Makes tasks of questions: tokens, and a validation part held out of what is learned from.</summary>
sealed class TaskMaking(T5Tokenizer tokenizer, TextLengths lengths, int validation)
{
    const int SplitSeed = 0;

    public TextTask Task(string name, QuestionDataset train, IPromptTemplate template, QuestionDataset? test = null)
    {
        var split = TrainValidationSplit.CreateTotal(train.Count, validation, SplitSeed);
        return new TextTask(name, Tokenize(train, template), split.Train, split.Validation, test is null ? null : Tokenize(test, template));
    }

    TokenizedQuestions Tokenize(QuestionDataset questions, IPromptTemplate template) => new(questions, template, tokenizer, lengths);
}
