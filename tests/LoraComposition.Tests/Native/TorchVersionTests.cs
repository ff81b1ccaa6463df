using System.Runtime.InteropServices;
using LoraComposition.Tests.Support;
using TorchSharp;

namespace LoraComposition.Tests.Native;

public sealed class TorchVersionTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Install(string file, string text)
    {
        File.WriteAllText(System.IO.Path.Combine(folder.Path, file), text);
        return Directory.CreateDirectory(System.IO.Path.Combine(folder.Path, "lib")).FullName;
    }

    [Theory]
    [InlineData("from typing import Optional\n\n__all__ = ['__version__', 'debug']\n__version__ = '2.10.0+cu128'\ndebug = False\ncuda: Optional[str] = '12.8'\n", "2.10.0+cu128")]
    [InlineData("__version__ = \"2.14.0\"\r\n", "2.14.0")]
    [InlineData("__version__: str = '2.11.0a0+git1234'\n", "2.11.0a0+git1234")]
    [InlineData("version = '2.10.0'\n", null)]
    [InlineData("# __version__ = '2.10.0'\n", null)]
    public void Pytorch_states_its_version_beside_lib(string text, string? expected)
    {
        string lib = Install("version.py", text);
        TorchVersion.Stated(lib).Should().Be(expected);
        TorchVersion.Stated(lib + System.IO.Path.DirectorySeparatorChar).Should().Be(expected);
    }

    [Fact]
    public void An_archive_of_libtorch_states_it_in_plain_text()
    {
        TorchVersion.Stated(Install("build-version", "2.10.0+cpu\n")).Should().Be("2.10.0+cpu");
        TorchVersion.Stated(Install("build-version", "two\nlines\n")).Should().BeNull();
    }

    [Fact]
    public void A_file_of_an_absurd_size_is_not_read() => TorchVersion.Stated(Install("version.py", "__version__ = '2.10.0'\n" + new string('#', 1 << 16))).Should().BeNull();

    [Theory]
    [InlineData("2.10", true)]
    [InlineData("2.10.0", true)]
    [InlineData("2.10.1+cu128", true)]
    [InlineData("2.1.0", false)]
    [InlineData("2.100.0", false)]
    [InlineData("2.11", true)]
    [InlineData("2.11.0+cu130", true)]
    [InlineData("2.12.0", false)]
    [InlineData("2.14.0", false)]
    [InlineData("2.110.0", false)]
    [InlineData("12.10.0", false)]
    public void Only_the_versions_seen_to_work_fit(string version, bool fits)
    {
        TorchVersion.Fits(version).Should().Be(fits);
        var check = new Action(() => TorchBackend.Check("/opt/torch/lib", version));
        if (fits) check.Should().NotThrow();
        else check.Should().Throw<TorchBackendException>().WithMessage($"/opt/torch/lib: this is libtorch {version}; expected 2.10 or 2.11. *");
    }

    [Fact]
    public void A_version_that_nobody_states_is_refused() =>
        new Action(() => TorchBackend.Check("/opt/torch/lib", null)).Should().Throw<TorchBackendException>().WithMessage("/opt/torch/lib: the version of this libtorch is not known, *expected 2.10 or 2.11*");

    [Fact]
    public void Libtorchs_number_has_a_byte_for_each_part() => TorchVersion.Decode(0x020A_0100_0000_0000).Should().Be("2.10.1");

    [Fact]
    public void The_libtorch_in_use_is_the_expected_one_by_its_own_word()
    {
        using var _ = torch.zeros(1);
        TorchVersion.Fits(torch.__version__).Should().BeTrue("TorchSharp names the libtorch it was compiled for");
        Assert.SkipUnless(OperatingSystem.IsLinux(), "A loaded library is found by its name on Linux only.");
        nint loaded = NativeLibrary.Load(TorchLibraries.Linux.Main, typeof(torch).Assembly, null);
        TorchVersion.Fits(TorchVersion.Reported(loaded)!).Should().BeTrue();
    }

    [Fact]
    public void A_library_that_does_not_say_reports_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Another system has another C library.");
        TorchVersion.Reported(NativeLibrary.Load("libc.so.6")).Should().BeNull();
    }
}
