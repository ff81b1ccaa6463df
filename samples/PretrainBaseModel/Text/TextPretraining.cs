using LoraComposition.Experiments;
using LoraComposition.FewShot;
using LoraComposition.Models;
using LoraComposition.Text;
using static TorchSharp.torch;

namespace PretrainBaseModel.Text;

static class TextPretraining
{
    public static void Run(TextPretrainingSettings settings, string folder, IProgressReporter progress, CancellationToken cancellation)
    {
        // One thread: the order of additions, and with it the model, does not depend on the number of cores.
        set_num_threads(1);
        Directory.CreateDirectory(folder);
        WordTokenizerFiles.Write(folder, ProceduralVocabulary.Words);
        var tokenizer = T5Tokenizer.Load(folder);
        var train = new TokenizedQuestions(PretrainingQuestions.Create(settings), CrossFitTemplates.Arc, tokenizer, settings.Lengths);
        using var model = T5Model.Create(settings.Shape with { VocabularySize = tokenizer.VocabularySize }, settings.Seed);

        var options = new TrainingOptions { Steps = null, Epochs = 1, BatchSize = settings.BatchSize };
        int[] all = [.. Enumerable.Range(0, train.Dataset.Count)];
        using var bar = progress.Begin("pre-training", options.StepsFor(all.Length));
        var outcome = Trainer.Train([new TrainableGroup([.. model.parameters()], settings.LearningRate, settings.WeightDecay)],
            all, batch => TextEvaluator.Loss(model, train, batch), null, options, settings.Seed, progress: bar, cancellation: cancellation);

        model.Save(folder, cancellation: cancellation);
        Console.WriteLine($"{outcome.Steps} steps. Saved to {folder}. Exact match on {TestCount} new questions of each task:");
        foreach (var task in ProceduralTasks.PreTraining)
        {
            var test = new TokenizedQuestions(ProceduralQuestions.Create(task, QuestionPart.Test, TestCount, settings.Seed), CrossFitTemplates.Arc, tokenizer, settings.Lengths);
            var (scores, _) = TextEvaluator.Score(model, test, [.. Enumerable.Range(0, TestCount)], batchSize: 256, cancellation: cancellation);
            Console.WriteLine($"  {task.Name}: {scores.ExactMatch:P1}");
        }
    }

    const int TestCount = 500;
}
