using LoraComposition;
using LoraComposition.Experiments;
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
        var modules = LoraAdapter.LoadAll("adapters");                      // PEFT folders
        using var composition = Composition.AttachUniform(model, modules);  // or AttachLearned: N numbers to train for each layer
        composition.ToAdapter("my-task").Save("composed");                  // one exact PEFT adapter
        // end
    }

    public static int[] FewShot()
    {
        // LoraComposition.FewShot
        var pictures = new FractalDataset(classIds: [0, 1, 2], perClass: 20);  // or CIFAR-100, an image folder, …
        var draw = FewShotSampler.Sample(pictures, shots: 5, seed: 0);         // the same 5 of each class for the same seed
        // end
        return [.. draw.Indices];
    }
}
