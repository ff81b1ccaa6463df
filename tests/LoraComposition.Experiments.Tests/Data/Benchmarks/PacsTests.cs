using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

public sealed class PacsTests : IDisposable
{
    static readonly string[] Classes = ["dog", "elephant", "giraffe", "guitar", "horse", "house", "person"];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsOneDomainOfTheFolders()
    {
        foreach (string name in Classes)
        {
            for (int i = 0; i < 5; i++) folder.AddJpeg("PACS", "photo", name, $"{i}.JPG");
            for (int i = 0; i < 10; i++) folder.AddPng("PACS", "sketch", name, $"{i}.png");
        }

        var (train, test) = new Pacs(PacsDomain.Sketch).Open(folder.Path);

        train.ClassNames.Should().Equal(Classes);
        (train.Count, test.Count, train.Name).Should().Be((7 * 8, 7 * 2, "pacs-sketch-train"));
        new Pacs(PacsDomain.Photo).Open(folder.Path).Train.Count.Should().Be(7 * 4);
    }

    [Fact]
    public void RefusesADomainWithOtherClasses()
    {
        foreach (string name in Classes.Skip(1)) folder.AddPng("photo", name, "1.png");

        new Pacs(PacsDomain.Photo).Refusal(folder).Should().Contain("photo: expected the classes dog, elephant").And.Contain("found elephant, giraffe");
    }

    [Fact]
    public void ReadsTheRowsOfOneDomain()
    {
        string[] domains = ["photo", "art_painting", "sketch"];
        HubRow[] rows = [.. Enumerable.Range(0, 42).Select(i => new HubRow(TinyHub.Picture(i), i / 3 % 7, domains[i % 3]))];
        folder.WriteBytes(TinyHub.File(rows, Classes), "data", "train-00000-of-00001.parquet");

        var (train, test) = new Pacs(PacsDomain.ArtPainting).Open(folder.Path);

        (train.Count + test.Count).Should().Be(14);
        int[] pictures = [.. Enumerable.Range(0, train.Count).Select(i => (int)train.Decode(i).Pixels[0])];
        pictures.Should().OnlyContain(p => p % 3 == 1);
        pictures.Select(p => p / 3 % 7).Should().Equal(train.Labels());
        new Pacs(PacsDomain.Cartoon).Refusal(folder).Should().Contain("expected rows whose column 'domain' is 'cartoon', found none");
    }

    [Fact]
    public void RefusesAFileWithTheClassesInAnotherOrder()
    {
        folder.WriteBytes(TinyHub.File([new(TinyHub.Picture(1), 0, "photo")], [.. Classes.Reverse()]), "train.parquet");

        new Pacs(PacsDomain.Photo).Refusal(folder).Should().Contain("expected the classes dog, elephant").And.Contain("found person, house");
    }
}
