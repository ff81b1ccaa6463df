using System.Globalization;
using System.Runtime.Intrinsics.X86;
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

    /// <summary>Reads the type that a model computes in, where <c>auto</c> leaves it to the device.</summary>
    /// <param name="text"><c>float32</c>, <c>bfloat16</c> or <c>auto</c>, which is <see cref="FasterType"/>.</param>
    /// <param name="device">Where the model computes.</param>
    /// <returns>The type.</returns>
    /// <exception cref="ArgumentException">It is none of these.</exception>
    public static ScalarType ParseType(string text, Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return text switch
        {
            "auto" => FasterType(device),
            "float32" or "bfloat16" => ParseType(text),
            _ => throw new ArgumentException($"'{text}' is not a type to compute in; expected float32, bfloat16 or auto."),
        };
    }

    /// <summary>
    /// The type in which a frozen model is the faster: bfloat16 on a processor that multiplies it in hardware (AVX512-BF16 or AMX), float32 on any other and on a
    /// GPU, which has TF32. It depends on the machine, and so do the numbers of what is computed in it; what is trained stays float32.
    /// </summary>
    /// <param name="device">Where the model computes.</param>
    /// <returns>float32 or bfloat16.</returns>
    public static ScalarType FasterType(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.type == DeviceType.CPU && MultipliesBFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
    }

    // .NET has no name for either: CPUID leaf 7 does, its sub-leaf 1 in bit 5 of EAX (AVX512-BF16), its sub-leaf 0 in bit 22 of EDX (AMX-BF16). That the system
    // keeps the wide registers is what Avx512F says.
    static bool MultipliesBFloat16 => Avx512F.IsSupported && X86Base.CpuId(0, 0).Eax >= 7
        && ((X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0 || (X86Base.CpuId(7, 0).Edx & (1 << 22)) != 0);

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
