using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>The way of a batch from the host's memory to a device.</summary>
public static class HostToDevice
{
    /// <summary>
    /// Copies to a device, on CUDA without waiting for it: from pinned memory, which torch keeps until the copy is done. The host's tensor is
    /// disposed, or is itself what comes back where the device is the CPU. The caller owns the result.
    /// </summary>
    public static Tensor Copy(Tensor host, Device device)
    {
        if (device.type == DeviceType.CPU) return host;
        using (host)
        {
            if (device.type != DeviceType.CUDA) return host.to(device);
            using var pinned = host.pin_memory();
            return pinned.to(device, non_blocking: true);
        }
    }
}
