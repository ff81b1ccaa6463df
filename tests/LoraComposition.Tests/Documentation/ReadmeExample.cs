using LoraComposition.Adapters;
using LoraComposition.Attachments;
using LoraComposition.Models.Vit;
using LoraComposition.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Documentation;

/// <summary>The example of the README, word for word, run on the reference model.</summary>
static class ReadmeExample
{
    public static void Run(string modelFolder, string adapterFolder, string outputFolder)
    {
        // <readme>
        using var model = VisionTransformer.Load(modelFolder);
        var modules = LoraAdapter.LoadAll(adapterFolder);
        using var composition = Composition.AttachLearned(model, modules);
        Train(model, composition.TrainableParameters);
        composition.ToAdapter("my-task").Save(outputFolder);
        // </readme>
    }

    static void Train(VisionTransformer model, IReadOnlyList<Parameter> weights)
    {
        using var scope = NewDisposeScope();
        var io = Fixture.Tensors("vit-hf", "io.safetensors");
        using var optimizer = optim.AdamW(weights, lr: 0.05);
        nn.functional.cross_entropy(model.call(io["pixel_values"]), io["labels"]).backward();
        optimizer.step();
    }
}
