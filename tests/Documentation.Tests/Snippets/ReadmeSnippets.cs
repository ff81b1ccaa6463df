using Documentation.Tests.Support;
using LoraComposition;
using LoraComposition.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Documentation.Tests.Snippets;

public class ReadmeSnippets
{
    [Fact]
    public void Readme()
    {
        using var workplace = new Workplace();
        string modelFolder = "vit", adapterFolder = "modules", outputFolder = "my-task";
        {
            #region readme
            using var model = VisionTransformer.Load(modelFolder);                // config.json, model.safetensors
            using var modules = LoraAdapter.LoadAll(adapterFolder);               // PEFT folders
            using var composition = Composition.AttachLearned(model, modules);    // or AttachUniform: nothing to train
            Train(model, composition.TrainableParameters());                      // your loop; N numbers for each adapted layer
            using var composed = composition.ToAdapter("my-task");                // one exact PEFT adapter
            composed.Save(outputFolder);
            #endregion
        }

        using var saved = LoraAdapter.Load(outputFolder);
        saved.Layers.Values.Should().OnlyContain(d => d.Rank == 8);
    }

    static void Train(VisionTransformer model, IReadOnlyList<Parameter> weights)
    {
        using var scope = NewDisposeScope();
        using var optimizer = optim.AdamW(weights, lr: 0.05);
        nn.functional.cross_entropy(model.call(randn(4, 3, 32, 32)), tensor(new long[] { 0, 1, 2, 3 })).backward();
        optimizer.step();
    }
}
