using LoraComposition.Tests.Support;

namespace LoraComposition.Tests.Native;

public sealed class TorchLibrariesTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    void Put(params string[] names)
    {
        foreach (string name in names) File.WriteAllBytes(System.IO.Path.Combine(folder.Path, name), [1]);
    }

    string[] Order(TorchLibraries system) => [.. system.In(folder.Path).Select(file => System.IO.Path.GetFileName(file)!)];

    [Fact]
    public void A_cuda_wheel_is_loaded_from_the_ground_up_and_nothing_else_of_it()
    {
        Put("libtorch.so", "libtorch_python.so", "libtorch_cuda_linalg.so", "libtorch_cuda.so", "libshm.so", "libtorch_cpu.so", "libgomp-98b21ff3.so.1", "libc10.so", "libc10_cuda.so", "libtorch_global_deps.so");
        Order(TorchLibraries.Linux).Should().Equal("libgomp-98b21ff3.so.1", "libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so");
    }

    [Fact]
    public void A_cpu_install_needs_neither_cuda_nor_an_openmp_of_its_own()
    {
        Put("libtorch.so", "libtorch_cpu.so", "libc10.so");
        Order(TorchLibraries.Linux).Should().Equal("libc10.so", "libtorch_cpu.so", "libtorch.so");
    }

    [Fact]
    public void The_other_systems_have_names_of_their_own()
    {
        Put("torch.dll", "torch_cuda.dll", "torch_cpu.dll", "c10_cuda.dll", "c10.dll", "libiomp5md.dll", "torch_python.dll", "libtorch.dylib", "libtorch_cpu.dylib", "libc10.dylib");
        Order(TorchLibraries.Windows).Should().Equal("libiomp5md.dll", "c10.dll", "torch_cpu.dll", "c10_cuda.dll", "torch_cuda.dll", "torch.dll");
        Order(TorchLibraries.MacOS).Should().Equal("libc10.dylib", "libtorch_cpu.dylib", "libtorch.dylib");
    }

    [Fact]
    public void A_folder_that_is_not_one_of_libtorch_is_refused_by_name()
    {
        string missing = System.IO.Path.Combine(folder.Path, "missing");
        new Action(() => TorchLibraries.Linux.In(missing)).Should().Throw<TorchBackendException>().WithMessage($"{missing}: there is no such folder; give the folder torch/lib*");
        new Action(() => TorchLibraries.Linux.In(folder.Path)).Should().Throw<TorchBackendException>().WithMessage($"{folder.Path}: expected libc10.so in it, found nothing; *");
        Put("libc10.so", "readme.txt");
        new Action(() => TorchLibraries.Linux.In(folder.Path)).Should().Throw<TorchBackendException>().WithMessage($"{folder.Path}: expected libtorch_cpu.so in it, found other files only; *");
    }
}
