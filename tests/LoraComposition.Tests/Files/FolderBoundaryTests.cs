using LoraComposition.Files;
using LoraComposition.Tests.Support;

namespace LoraComposition.Tests.Files;

public sealed class FolderBoundaryTests : IDisposable
{
    readonly Support.TemporaryFolder place = new();

    public FolderBoundaryTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");

    public void Dispose() => place.Dispose();

    [Theory]
    [InlineData("models--google--vit/snapshots/1a2b", "../../blobs/c3d4", true)]
    [InlineData("models--google--vit/snapshots/1a2b/sub", "../../../blobs/c3d4", true)]
    [InlineData("models--google--vit/snapshots/1a2b", "../../secret", false)]
    [InlineData("models--google--vit/snapshots/1a2b", "../other/file", false)]
    [InlineData("mine/snapshots/1a2b", "../../blobs/c3d4", false)]
    [InlineData("models--google--vit", "../blobs", false)]
    [InlineData("plain", "beside", true)]
    public void A_link_may_lead_inside_the_folder_and_to_the_blobs_of_a_hubs_cache(string folder, string target, bool allowed)
    {
        string root = Path.Combine(place.Path, folder), link = Path.Combine(root, "model.safetensors"), real = Path.GetFullPath(Path.Combine(root, target));
        Directory.CreateDirectory(root);
        Directory.CreateDirectory(Path.GetDirectoryName(real)!);
        File.WriteAllText(real, "x");
        File.CreateSymbolicLink(link, target);

        FolderBoundary.Outside(root, link).Should().Be(allowed ? null : real);
    }

    [Fact]
    public void A_missing_file_is_not_outside() => FolderBoundary.Outside(place.Path, Path.Combine(place.Path, "none")).Should().BeNull();
}
