using LoraComposition;
using LoraComposition.FewShot;
using LoraComposition.Models;

namespace PackageConsumer;

/// <summary>The code in the packages' readmes, word for word; the run script compares.</summary>
static class ReadmeExamples
{
    public static void Library()
    {
        // LoraComposition
        using var model = VisionTransformer.Load("vit");                    // a model-hub folder: config.json, model.safetensors
        using var modules = LoraAdapter.LoadAll("adapters");                // PEFT folders
        using var composition = Composition.AttachUniform(model, modules);  // or AttachLearned: N numbers to train for each layer
        using var composed = composition.ToAdapter("my-task");              // one exact PEFT adapter
        composed.Save("composed");
        // end
    }

    public static TrainingOutcome FewShot()
    {
        // LoraComposition.FewShot
        var baseModel = ImageBaseModel.Open("vit");
        using var modules = LoraAdapter.LoadAll("adapters");
        var pictures = ImageFolderDataset.Open("pictures");                     // <class>/*.png; or a list, streams, your own ImageDataset
        var samples = FewShotSamples.OfImages(pictures, shots: 5);              // 5 of each class to learn from, others held out
        using var trainer = new ImageTrainer(baseModel, pictures, modules);
        using var trained = trainer.Train(new LearnedComposition(), samples);   // model, history, weights
        using var adapter = trained.ToAdapter("my-task")!;                      // one exact PEFT adapter with the head
        adapter.Save("trained");
        var predictor = new ImagePredictor(trained.Model, baseModel.Preprocessing);   // threads may share it
        Console.WriteLine(predictor.Predict("pictures/red/0.png")[0]);
        // end
        return trained.Outcome;
    }
}
