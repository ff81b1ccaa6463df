using System.CommandLine;
using TorchSharp;

namespace LoraComposition.CommandLine.Tests;

/// <summary>A program with nothing but the options that all have.</summary>
public sealed class ProgramOptionsTests
{
    static async Task<(int Exit, string Error, ComputeSettings? Read)> Run(params string[] arguments)
    {
        ComputeSettings? read = null;
        var options = new ComputeOptions();
        var root = new RootCommand("test");
        foreach (var option in options.All) root.Add(option);
        ProgramOptions.AddTo(root);
        root.SetAction(parsed => { read = options.Read(parsed); });
        var (error, before) = (new StringWriter(), Console.Error);
        Console.SetError(error);
        try
        {
            return (await root.Parse(arguments).InvokeWithExitCodesAsync("Stopped."), error.ToString(), read);
        }
        finally
        {
            Console.SetError(before);
        }
    }

    [Fact]
    public async Task The_defaults_are_the_cpu_in_float32_with_tf32_where_there_is_a_gpu()
    {
        var (exit, error, read) = await Run();
        (exit, error).Should().Be((ExitCodes.Done, ""));
        read.Should().Be(new ComputeSettings(torch.CPU, torch.ScalarType.Float32, Tf32: true, Threads: null));
        (await Run("--device", "cpu", "--dtype", "bfloat16", "--tf32", "false", "--threads", "1")).Read.Should().Be(new ComputeSettings(torch.CPU, torch.ScalarType.BFloat16, Tf32: false, Threads: 1));
        (await Run("--dtype", "auto")).Read!.Dtype.Should().Be(ComputeDevice.FasterType(torch.CPU));
    }

    [Theory]
    [InlineData("--device", "tpu", "--device: 'tpu' is not a device; expected cpu, cuda or cuda:N with N from 0.")]
    [InlineData("--device", "cuda:99", "--device: there is no device cuda:99")]
    [InlineData("--dtype", "float16", "--dtype: 'float16' is not a type to compute in; expected float32, bfloat16 or auto.")]
    [InlineData("--threads", "0", "--threads is 0; it must be at least 1.")]
    [InlineData("--libtorch", " ", "--libtorch is empty; give the folder torch/lib of a PyTorch install.")]
    public async Task What_cannot_be_is_one_line(string option, string value, string line)
    {
        var (exit, error, read) = await Run(option, value);
        exit.Should().Be(ExitCodes.Usage);
        error.Should().StartWith(line).And.Match(text => text.TrimEnd().Split('\n').Length == 1);
        read.Should().BeNull();
    }

    [Fact]
    public async Task A_folder_without_libtorch_is_refused_before_the_program_begins()
    {
        var (exit, error, read) = await Run("--libtorch", "/no/such/folder");
        (exit, read).Should().Be((ExitCodes.Refused, null));
        error.Trim().Should().Be("/no/such/folder: there is no such folder; give the folder torch/lib of a PyTorch install.");
    }

    [Fact]
    public async Task Help_needs_no_libtorch() => (await Run("--help", "--libtorch", "/no/such/folder")).Exit.Should().Be(ExitCodes.Done);
}
