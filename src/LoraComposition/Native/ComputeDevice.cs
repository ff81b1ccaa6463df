using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Where and how a program computes, as a user writes it.</summary>
public static class ComputeDevice
{
    /// <summary>Reads a device and makes sure that it is there.</summary>
    /// <param name="text"><c>cpu</c>, <c>cuda</c> (the first GPU) or <c>cuda:N</c>, N from 0.</param>
    /// <returns>The device.</returns>
    /// <exception cref="ArgumentException">It is none of these, or this machine or this build of libtorch does not have it.</exception>
    /// <exception cref="TorchBackendException">TorchSharp's native library does not load.</exception>
    public static Device Parse(string text) => Parse(text, () => cuda.is_available() ? cuda.device_count() : 0);

    internal static Device Parse(string text, Func<int> cudaDevices)
    {
        ArgumentNullException.ThrowIfNull(text);
        NativeLibraryCheck.EnsureLoads();
        if (text == "cpu") return CPU;
        int index = 0;
        if (text != "cuda" && !(text.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out index)))
            throw new ArgumentException($"'{text}' is not a device; expected cpu, cuda or cuda:N with N from 0.");
        int count = cudaDevices();
        if (count == 0) throw new ArgumentException($"there is no device {text}: this machine, or this build of libtorch, has no CUDA device.");
        if (index >= count)
            throw new ArgumentException($"there is no device {text}; this machine has {(count == 1 ? "one, cuda:0" : $"{count}, cuda:0 to cuda:{count - 1}")}.");
        return new Device(DeviceType.CUDA, index);
    }

    /// <summary>Reads the type that a model computes in.</summary>
    /// <param name="text"><c>float32</c> or <c>bfloat16</c>.</param>
    /// <returns>The type.</returns>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static ScalarType ParseType(string text) => text switch
    {
        "float32" => ScalarType.Float32,
        "bfloat16" => ScalarType.BFloat16,
        _ => throw new ArgumentException($"'{text}' is not a type to compute in; expected float32 or bfloat16."),
    };

    /// <summary>
    /// Whether CUDA may round the factors of float32 products to TF32, 10 bits of mantissa, which is several times faster on GPUs since Ampere.
    /// Sums stay float32. It holds for the whole process; float64, 16 bits and the CPU are not touched by it. torch's own default is false.
    /// </summary>
    public static bool AllowTf32
    {
        get => backends.cuda.matmul.allow_tf32;
        set => (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) = (value, value);
    }

    /// <summary>A device as a result records it: its kind, on CUDA with the rounding, because both change the numbers.</summary>
    /// <param name="device">The device.</param>
    /// <returns>For example <c>CPU</c> or <c>CUDA, TF32</c>.</returns>
    public static string Describe(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.type == DeviceType.CUDA && AllowTf32 ? $"{device.type}, TF32" : $"{device.type}";
    }
}
