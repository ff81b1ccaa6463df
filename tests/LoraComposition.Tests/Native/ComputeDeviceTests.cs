using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Native;

[Collection("TF32")]
public class ComputeDeviceTests
{
    [Theory]
    [InlineData("cpu", DeviceType.CPU, -1)]
    [InlineData("cuda", DeviceType.CUDA, 0)]
    [InlineData("cuda:0", DeviceType.CUDA, 0)]
    [InlineData("cuda:1", DeviceType.CUDA, 1)]
    public void A_device_that_is_there_is_read(string text, DeviceType type, int index)
    {
        var device = ComputeDevice.Parse(text, () => 2);
        (device.type, device.index).Should().Be((type, index));
    }

    [Theory]
    [InlineData("cuda", 0, "there is no device cuda: this machine, or this build of libtorch, has no CUDA device.")]
    [InlineData("cuda:7", 0, "there is no device cuda:7: this machine, or this build of libtorch, has no CUDA device.")]
    [InlineData("cuda:7", 2, "there is no device cuda:7; this machine has 2, cuda:0 to cuda:1.")]
    [InlineData("cuda:1", 1, "there is no device cuda:1; this machine has one, cuda:0.")]
    [InlineData("cuda:-1", 2, "'cuda:-1' is not a device; expected cpu, cuda or cuda:N with N from 0.")]
    [InlineData("cuda:", 2, "'cuda:' is not a device; *")]
    [InlineData("cuda:1.0", 2, "'cuda:1.0' is not a device; *")]
    [InlineData("cuda1", 2, "'cuda1' is not a device; *")]
    [InlineData("CPU", 2, "'CPU' is not a device; *")]
    [InlineData("", 2, "'' is not a device; *")]
    public void Another_is_refused_in_one_line(string text, int count, string message) =>
        new Action(() => ComputeDevice.Parse(text, () => count)).Should().Throw<ArgumentException>().WithMessage(message);

    [Fact]
    public void The_types_are_two()
    {
        (ComputeDevice.ParseType("float32"), ComputeDevice.ParseType("bfloat16")).Should().Be((ScalarType.Float32, ScalarType.BFloat16));
        new Action(() => ComputeDevice.ParseType("float16")).Should().Throw<ArgumentException>().WithMessage("'float16' *float32 or bfloat16*");
    }

    [Fact]
    public void Auto_is_bfloat16_where_the_system_says_that_the_processor_multiplies_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/proc/cpuinfo"), "Linux says so in /proc/cpuinfo.");
        string flags = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal)) ?? "";
        bool multiplies = flags.Contains("avx512f", StringComparison.Ordinal)
            && (flags.Contains("avx512_bf16", StringComparison.Ordinal) || flags.Contains("amx_bf16", StringComparison.Ordinal));

        ComputeDevice.ParseType("auto", CPU).Should().Be(multiplies ? ScalarType.BFloat16 : ScalarType.Float32);
        ComputeDevice.ParseType("auto", new Device(DeviceType.CUDA, 0)).Should().Be(ScalarType.Float32);
        ComputeDevice.ParseType("bfloat16", CPU).Should().Be(ScalarType.BFloat16);
        new Action(() => ComputeDevice.ParseType("float16", CPU)).Should().Throw<ArgumentException>().WithMessage("'float16' *float32, bfloat16 or auto*");
    }

    [Fact]
    public void Tf32_is_set_for_products_and_convolutions_and_recorded_on_cuda_only()
    {
        bool before = ComputeDevice.AllowTf32;
        try
        {
            foreach (bool allowed in (bool[])[true, false])
            {
                ComputeDevice.AllowTf32 = allowed;
                (ComputeDevice.AllowTf32, backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32).Should().Be((allowed, allowed, allowed));
                ComputeDevice.Describe(CPU).Should().Be("CPU", "recorded results keep their key");
                ComputeDevice.Describe(new Device(DeviceType.CUDA, 1)).Should().Be(allowed ? "CUDA, TF32" : "CUDA");
            }
        }
        finally
        {
            ComputeDevice.AllowTf32 = before;
        }
    }
}
