using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Adaptation;

public sealed class AdaptedModelFolderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_model_that_appeared_meanwhile_is_kept(bool replace)
    {
        string place = folder.At("out");

        var second = () => AdaptedModelFolder.Write(place, replace, staging =>
        {
            File.WriteAllText(Path.Combine(staging, "adapted.json"), "second");
            AdaptedModelFolder.Write(place, replace: false, first => File.WriteAllText(Path.Combine(first, "adapted.json"), "first"));
        });

        if (replace) second();
        else second.Should().Throw<IOException>().WithMessage("*another run*");
        File.ReadAllText(Path.Combine(place, "adapted.json")).Should().Be(replace ? "second" : "first");
        Directory.GetFileSystemEntries(folder.Path).Should().Equal(place);
    }
}
