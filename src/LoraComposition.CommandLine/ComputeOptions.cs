using System.CommandLine;
using System.CommandLine.Parsing;
using TorchSharp;

namespace LoraComposition.CommandLine;

/// <summary>The options that say where and how a program computes.</summary>
public sealed class ComputeOptions
{
    readonly Option<string> device = new("--device") { Description = "cpu, cuda or cuda:N.", DefaultValueFactory = _ => "cpu" };
    readonly Option<string> dtype = new("--dtype") { Description = "float32, bfloat16, or auto: what the model computes in; auto is bfloat16 on a processor that multiplies it in hardware.", DefaultValueFactory = _ => "float32" };
    readonly Option<bool> tf32 = new("--tf32")
    {
        Description = "Whether CUDA may round the factors of float32 products to TF32: several times faster.",
        DefaultValueFactory = _ => true,
        HelpName = "true|false"
    };
    readonly Option<int?> threads = new("--threads") { Description = "CPU threads. Default: all cores." };

    /// <summary>Makes the options.</summary>
    /// <param name="withType">Whether the type can be chosen. Otherwise it is float32.</param>
    public ComputeOptions(bool withType = true) => All = withType ? [device, dtype, tf32, threads] : [device, tf32, threads];

    /// <summary>The option of the CPU threads.</summary>
    public Option<int?> ThreadCount => threads;

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All { get; }

    /// <summary>Reads and checks what was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="UsageException">A value cannot be; the message names its option.</exception>
    public ComputeSettings Read(ParseResult parsed)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        var where = Checked(device, () => ComputeDevice.Parse(parsed.GetValue(device)!));
        return new ComputeSettings(
            where,
            All.Contains(dtype) ? Checked(dtype, () => ComputeDevice.ParseType(parsed.GetValue(dtype)!, where)) : torch.ScalarType.Float32,
            parsed.GetValue(tf32),
            OptionReading.AtLeast(parsed, threads, 1));
    }

    static T Checked<T>(Option option, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"{option.Name}: {e.Message}");
        }
    }
}

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
