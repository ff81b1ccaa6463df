using LoraComposition.Experiments;
using LoraComposition.FewShot;
using LoraComposition.Files;
using LoraComposition.Models;
using static TorchSharp.torch;

namespace PretrainBaseModel.Images;

static class ImagePretraining
{
    const string Preprocessor = """
        {
          "do_normalize": true,
          "do_rescale": true,
          "do_resize": true,
          "image_mean": [0.5, 0.5, 0.5],
          "image_processor_type": "ViTImageProcessor",
          "image_std": [0.5, 0.5, 0.5],
          "resample": 3,
          "rescale_factor": 0.00392156862745098,
          "size": {"height": 32, "width": 32}
        }

        """;

    public static void Run(ImagePretrainingSettings settings, string folder, IProgressReporter progress, CancellationToken cancellation)
    {
        // One thread: the order of additions, and with it the model, does not depend on the number of cores.
        set_num_threads(1);
        int[] ids = [.. Enumerable.Range(ImagePretrainingSettings.FirstClass, settings.Classes)];
        var preprocessing = ImagePreprocessing.Default with { Size = settings.Shape.ImageSize, Resample = Resample.Bicubic };
        using var train = new PreprocessedImages(new FractalDataset(ids, settings.PerClass, settings.Shape.ImageSize, settings.Seed), preprocessing);
        using var test = new PreprocessedImages(new FractalDataset(ids, 20, settings.Shape.ImageSize, settings.Seed, firstInstance: settings.PerClass), preprocessing);
        using var model = VisionTransformer.Create(settings.Shape with { ClassNames = train.Dataset.ClassNames }, settings.Seed);
        model.train();

        var options = new TrainingOptions { Steps = null, Epochs = settings.Epochs, BatchSize = settings.BatchSize, Checks = settings.Epochs, Patience = settings.Epochs };
        int[] all = [.. Enumerable.Range(0, train.Dataset.Count)];
        using var bar = progress.Begin("pre-training", options.StepsFor(all.Length));
        Tensor Loss(int[] batch) => nn.functional.cross_entropy(model.call(train.Batch(batch, CPU)), train.Labels(batch));
        var outcome = Trainer.Train([new TrainableGroup([.. model.parameters()], settings.LearningRate, settings.WeightDecay)], all, Loss, null, options, settings.Seed, progress: bar, cancellation: cancellation);

        double accuracy = Evaluator.OnImages(model, test, [.. Enumerable.Range(0, test.Dataset.Count)], batchSize: 256, cancellation: cancellation).Accuracy;
        model.Save(folder, cancellation: cancellation);
        AtomicFile.Write(Path.Combine(folder, "preprocessor_config.json"), Preprocessor);
        Console.WriteLine($"{outcome.Steps} steps; top-1 on {test.Dataset.Count} new images of the {settings.Classes} classes: {accuracy:P2}. Saved to {folder}.");
    }
}
