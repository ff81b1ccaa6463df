using LoraComposition.Models;

namespace PretrainBaseModel.Images;

sealed record ImagePretrainingSettings
{
    /// <summary>The first class; the samples use classes below it.</summary>
    public const int FirstClass = 1000;

    public int Classes { get; init; }
    public int PerClass { get; init; }
    public int Epochs { get; init; }
    public int Seed { get; init; }
    public int BatchSize { get; init; } = 128;
    public double LearningRate { get; init; } = 1e-3;
    public double WeightDecay { get; init; } = 0.05;

    public VitConfig Shape { get; init; } = new() { HiddenSize = 128, LayerCount = 4, HeadCount = 4, IntermediateSize = 512, ImageSize = 32, PatchSize = 8 };
}
