using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>The way of a batch from the host's memory to a device.</summary>
public static class HostToDevice
{
    /// <summary>Copies to a device, on CUDA without waiting for it: from pinned memory, which torch keeps until the copy is done.</summary>
    /// <param name="host">A tensor <c>[…]</c> on the CPU, which is disposed, or is itself what comes back where the device is the CPU.</param>
    /// <param name="device">The device.</param>
    /// <returns>The tensor on the device, <c>[…]</c>. The caller owns it.</returns>
    public static Tensor Copy(Tensor host, Device device)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(device);
        if (device.type == DeviceType.CPU) return host;
        using (host)
        {
            if (device.type != DeviceType.CUDA) return host.to(device);
            using var pinned = host.pin_memory();
            return pinned.to(device, non_blocking: true);
        }
    }
}
