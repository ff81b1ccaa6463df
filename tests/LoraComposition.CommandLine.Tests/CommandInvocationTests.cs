using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using LoraComposition.FewShot;
using TorchSharp;

namespace LoraComposition.CommandLine.Tests;

#pragma warning disable CA2201 // what only the runtime throws is what is tested

/// <summary>Whatever a program throws ends as one line and an exit code.</summary>
public sealed class CommandInvocationTests
{
    public static TheoryData<Exception, string> Failures => new()
    {
        { new DataException("data", "too few images"), "data: too few images" },
        { new NonFiniteException("Adapter 'a' is\nno number."), "Adapter 'a' is no number." },
        { new ArgumentException("Tensor 'w' is too large.", "dtype"), "Tensor 'w' is too large." },
        { new InvalidOperationException("A layer is adapted already."), "A layer is adapted already." },
        { new IOException("no space left"), "no space left" },
        { new UnauthorizedAccessException("denied"), "denied" },
        { new DivideByZeroException("Attempted to divide by zero."), "Attempted to divide by zero." },
        { new OverflowException("too large"), "too large" },
        { new OutOfMemoryException("8 GB"), "There is not enough memory: 8 GB" },
        { new ExternalException("mat1 and mat2 shapes cannot be multiplied\nException raised from meta at /pytorch/x.cpp:1\nframe #0"), "torch: mat1 and mat2 shapes cannot be multiplied" },
        { new SEHException("External component has thrown an exception."), "torch: External component has thrown an exception." },
        { new ExternalException("[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."), "There is not enough memory: *can't allocate memory*" },
        { new DllNotFoundException("libtorch.so"), "A native library cannot be loaded: libtorch.so" },
        { new TypeInitializationException("torch", new DllNotFoundException("libtorch.so")), "A native library cannot be loaded: libtorch.so" },
        { new TargetInvocationException(new AggregateException(new IOException("inner"))), "inner" },
        { new NullReferenceException("Object reference not set."), "An error of the program itself, NullReferenceException: Object reference not set. With --verbose it says where." },
        { new KeyNotFoundException(new string('k', 5000)), "An error of the program itself, KeyNotFoundException: kkk*k… With --verbose it says where." },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task Every_failure_is_one_line(Exception failure, string line)
    {
        foreach (bool later in (bool[])[false, true])
        {
            var (exit, errors) = await Run(() => throw failure, later);
            exit.Should().Be(ExitCodes.Refused);
            errors.Should().ContainSingle().Which.Should().Match(line);
        }
    }

    [Fact]
    public async Task What_torch_throws_is_one_line()
    {
        var (exit, errors) = await Run(() => torch.zeros(2, 3).add(torch.zeros(4, 5)), later: true);

        exit.Should().Be(ExitCodes.Refused);
        errors.Should().ContainSingle().Which.Should().Match("torch: The size of tensor a (3) must match the size of tensor b (5)*");
    }

    [Fact]
    public async Task Verbose_adds_the_stack_trace()
    {
        var (exit, errors) = await Run(() => throw new ArgumentException("wrong"), later: false, "--verbose");

        exit.Should().Be(ExitCodes.Refused);
        errors[0].Should().Be("wrong");
        errors.Should().Contain(line => line.TrimStart().StartsWith($"at {typeof(CommandInvocationTests).FullName}"));
    }

    [Fact]
    public async Task Wrong_usage_and_an_interrupt_have_codes_of_their_own()
    {
        (await Run(() => throw new UsageException("--k is 0."), later: true)).Should().BeEquivalentTo((ExitCodes.Usage, new[] { "--k is 0." }));
        (await Run(() => throw new OperationCanceledException(), later: true)).Should().BeEquivalentTo((ExitCodes.Stopped, new[] { "Stopped." }));
    }

    static async Task<(int Exit, string[] Errors)> Run(Action act, bool later, params string[] arguments)
    {
        var root = new RootCommand("test");
        ProgramOptions.AddTo(root);
        if (later) root.SetAction((_, _) => Task.Run(act, CancellationToken.None));
        else root.SetAction(_ => act());
        var (error, before) = (new StringWriter(), Console.Error);
        Console.SetError(error);
        try
        {
            return (await root.Parse(arguments).InvokeWithExitCodesAsync("Stopped."), error.ToString().ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            Console.SetError(before);
        }
    }
}
