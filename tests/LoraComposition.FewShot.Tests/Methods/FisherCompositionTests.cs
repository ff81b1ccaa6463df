using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Files;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Methods;

public sealed class FisherCompositionTests : IDisposable
{
    readonly TinyExperiment tiny = new();
    readonly ImageDataset pictures = new FractalDataset([0, 1, 2], 9, TinyModel.ImageSize);
    readonly TuningOptions options = new() { Training = new TrainingOptions { Steps = 6, BatchSize = 4, Checks = 3 }, EvaluationBatchSize = 5 };

    public void Dispose() => tiny.Dispose();

    LoraAdapter[] Saved() =>
    [
        .. tiny.Modules.Select(module =>
        {
            string folder = Path.Combine(tiny.Folder.Path, "modules", module.Name);
            module.Save(folder);
            return LoraAdapter.Load(folder, module.Name);
        }),
    ];

    [Fact]
    public void WeighsTheModulesByTheFilesBesideThem()
    {
        using var scope = NewDisposeScope();
        var modules = Saved();
        foreach (var (n, module) in modules.Index())
        {
            using var generator = new Generator((ulong)n, CPU);
            FisherFile.Write(Path.GetDirectoryName(module.WeightsPath!)!, module.Fingerprint!,
                module.Layers.ToDictionary(layer => layer.Key, layer => rand(layer.Value.OutFeatures, layer.Value.InFeatures, generator: generator)));
        }
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, modules);
        using var trained = trainer.Train(new FisherComposition(), FewShotSamples.OfImages(pictures, 3, 3, 0), options);

        using var adapter = trained.ToAdapter("mine")!;
        var files = modules.Select(FisherFile.Open).ToArray();
        foreach (var (path, update) in adapter.Layers)
        {
            using var expected = new FisherMerge(files).Merge(new MergeLayer(path, [.. modules.Select(module => module.Layers[path])]));
            (update.ToDense() - expected.ToDense()).abs().max().item<float>().Should().BeLessThan(1e-5f);
        }
        foreach (var file in files) file.Dispose();
        foreach (var module in modules) module.Dispose();
    }

    [Fact]
    public void AModuleWithoutOneIsRefusedByName()
    {
        var modules = Saved();
        using var trainer = new ImageTrainer(tiny.BaseModel, pictures, modules);
        trainer.Invoking(t => t.Train(new FisherComposition(), FewShotSamples.OfImages(pictures, 3, 3, 0), options)).Should().Throw<ModelFileException>()
            .WithMessage("*fisher.safetensors*lora-compose fisher*");
        foreach (var module in modules) module.Dispose();
    }
}
