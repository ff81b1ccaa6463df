using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>The loss of a model on batches of one set of samples.</summary>
interface IBatchLoss : IDisposable
{
    /// <summary>The mean loss of a batch, with its graph. The caller's dispose scope owns it.</summary>
    Tensor Loss(int[] batch);

    /// <summary>Passes over what is drawn at random for samples that were learned from before.</summary>
    void Skip(int samples)
    {
    }
}
