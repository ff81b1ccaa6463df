using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>A tuning without composition: nothing at all, every weight, or a LoRA.</summary>
internal sealed class BodyTuning(TrainableGroup? body, LoraTuning? lora = null) : ITuning
{
    public TrainableGroup? Body => body;

    public object? Describe() => null;

    public IDisposable? FixForEvaluation() => null;

    public LoraAdapter? ToAdapter(string name)
    {
        using var scope = NewDisposeScope();
        return lora?.ToAdapter(name);
    }

    public CompositionWeights? ToWeights() => null;

    public void Dispose() => lora?.Dispose();
}
