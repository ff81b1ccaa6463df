using TorchSharp;

namespace LoraComposition.CommandLine;

/// <summary>Where and how a program computes.</summary>
/// <param name="Device">The device; it is there.</param>
/// <param name="Dtype">What the model computes in.</param>
/// <param name="Tf32">Whether CUDA may round the factors of float32 products.</param>
/// <param name="Threads">CPU threads; null for all cores.</param>
public sealed record ComputeSettings(torch.Device Device, torch.ScalarType Dtype, bool Tf32, int? Threads)
{
    /// <summary>Sets for the whole process what is not a matter of single tensors: the threads, and TF32 where the device is a GPU.</summary>
    public void Apply()
    {
        if (Threads is { } count) torch.set_num_threads(count);
        if (Device.type == DeviceType.CUDA) ComputeDevice.AllowTf32 = Tf32;
    }
}
