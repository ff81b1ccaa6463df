using LoraComposition.Tests.Support;

namespace LoraComposition.Tests.Native;

public sealed class TorchBackendTests
{
    [Fact]
    public void A_program_with_a_libtorch_of_its_own_refuses_another()
    {
        Assert.SkipWhen(TorchBackend.IsNeeded, "This build has no libtorch of its own.");
        using var folder = new TemporaryFolder();
        foreach (string name in (string[])["libc10.so", "libtorch_cpu.so", "libtorch.so", "c10.dll", "torch_cpu.dll", "torch.dll", "libc10.dylib", "libtorch_cpu.dylib", "libtorch.dylib"])
            File.WriteAllBytes(System.IO.Path.Combine(folder.Path, name), [1]);
        new Action(() => TorchBackend.Load(folder.Path)).Should().Throw<TorchBackendException>().WithMessage($"{folder.Path}: this program brings its own libtorch, *TorchBackend=none*");
        TorchBackend.Loaded.Should().BeNull();
    }

    [Fact]
    public void A_folder_that_does_not_exist_is_refused() =>
        new Action(() => TorchBackend.Load("/no/such/folder")).Should().Throw<TorchBackendException>().WithMessage("*there is no such folder*");
}
