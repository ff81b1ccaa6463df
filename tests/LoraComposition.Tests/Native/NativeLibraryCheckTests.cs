using System.Text;

namespace LoraComposition.Tests.Native;

/// <summary>On Linux with the real library, changed so that no system can load it: what the loader says is the loader's own.</summary>
public sealed class NativeLibraryCheckTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory().FullName;

    // So that libtorch is in the process, whichever test runs first: the changed library finds it there.
    public NativeLibraryCheckTests() => NativeLibraryCheck.EnsureLoads();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static byte[] RealLibrary() => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so"));

    string? Explain(byte[] library)
    {
        File.WriteAllBytes(Path.Combine(folder, "libLibTorchSharp.so"), library);
        return NativeLibraryCheck.Explain([folder]);
    }

    static byte[] Replace(byte[] file, string old, string replacement)
    {
        byte[] result = [.. file], from = Encoding.ASCII.GetBytes(old + "\0"), to = Encoding.ASCII.GetBytes(replacement + "\0");
        int at = file.AsSpan().IndexOf(from);
        at.Should().BeGreaterThan(0, "the library names {0}", old);
        to.CopyTo(result, at);
        return result;
    }

    static void OnLinux() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems' loaders have other words.");

    [Fact]
    public void A_version_that_the_system_lacks_is_named_with_the_newest_it_has()
    {
        OnLinux();
        // The loader compares hashes first: 9.9.99 with the hash of 3.4.30 is in no library.
        string reason = Explain(Replace(LibstdcxxRemedy.Apply(RealLibrary()), "GLIBCXX_3.4.30", "GLIBCXX_9.9.99"))!;

        reason.Should().MatchRegex(@"libLibTorchSharp\.so needs GLIBCXX_9\.9\.99, and \S*libstdc\+\+\.so\.6 of this system goes up to GLIBCXX_3\.4\.\d+\.").And.Contain("Use a newer system").And.NotContain("\n");
    }

    [Fact]
    public void The_version_that_the_remedy_lowers_leads_to_the_remedy()
    {
        string reason = LoaderMessage.Explain("/app/libLibTorchSharp.so", "Unable to load shared library '/app/libLibTorchSharp.so' or one of its dependencies.\n/nowhere/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)\n");

        reason.Should().Be("/app/libLibTorchSharp.so needs GLIBCXX_3.4.32, and /nowhere/libstdc++.so.6 of this system does not have it. Let the build of the program adapt TorchSharp's native library: reference the package LoraComposition without LibstdcxxRemedy=false, or publish with -p:LibstdcxxRemedy=always where the building system is a newer one. Or use a system with the libstdc++ of GCC 13 (Debian 13, Ubuntu 24.04).");
    }

    [Fact]
    public void A_missing_libtorch_leads_to_its_package()
    {
        OnLinux();
        // Another name than libc10.so, which this process has loaded.
        string reason = Explain(Replace(LibstdcxxRemedy.Apply(RealLibrary()), "libc10.so", "libc10.sx"))!;

        reason.Should().Contain("libtorch is missing").And.Contain("libc10.sx").And.Contain("libtorch-cpu-linux-x64 2.10.0");
    }

    [Fact]
    public void A_symbol_that_libtorch_lacks_means_another_version()
    {
        LoaderMessage.Explain("/app/libLibTorchSharp.so", "Unable to load shared library.\n/app/libLibTorchSharp.so: undefined symbol: _ZN3c1010SymIntNodeE\n")
            .Should().Contain("is not the 2.10").And.Contain("_ZN3c1010SymIntNodeE");
    }

    [Fact]
    public void A_file_that_is_no_library_is_named_with_the_words_of_the_loader()
    {
        OnLinux();
        Explain(Encoding.ASCII.GetBytes("not a library at all")).Should().Contain($"{folder}/libLibTorchSharp.so does not load").And.Contain("file too short");
    }

    [Fact]
    public void A_folder_without_it_is_named() => NativeLibraryCheck.Explain([folder]).Should().Contain("is in none of the folders").And.Contain(folder);

    [Fact]
    public void The_library_of_this_program_loads()
    {
        OnLinux();
        NativeLibraryCheck.Explain([Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native")]).Should().BeNull();
    }
}
