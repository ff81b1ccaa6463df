using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using SkiaSharp;

namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

/// <summary>The hub's files, through data sets that have nothing special there.</summary>
public sealed class HubImagesTests : IDisposable
{
    static readonly string[] Names = ["a", "b", "c"];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsBothPartsAndTheNames()
    {
        Write(TinyHub.File(TinyHub.Rows(2, 0, 1, 1, 2), Names), "data", "train-00000-of-00002.parquet");
        Write(TinyHub.File(TinyHub.Rows(1), Names), "data", "train-00001-of-00002.parquet");
        Write(TinyHub.File([new(TinyHub.Picture(250, SKEncodedImageFormat.Jpeg), 0), new(TinyHub.Picture(9), 2)], Names), "data", "test-00000-of-00001.parquet");
        Write("no Parquet at all"u8.ToArray(), "data", "contrast-00000-of-00001.parquet");

        var (train, test) = new StanfordCars().Open(folder.Path);

        (train.Name, test.Name).Should().Be(("stanford-cars-train", "stanford-cars-test"));
        train.ClassNames.Should().Equal(Names);
        train.Labels().Should().Equal(2, 0, 1, 1, 2, 1);
        test.Labels().Should().Equal(0, 2);
        new[] { 4, 0, 5, 3, 1, 2 }.Select(i => train.Decode(i).Pixels[0]).Should().Equal([4, 0, 0, 3, 1, 2]);
        test.Decode(0).Pixels[0].Should().BeInRange(240, 255);
        FluentActions.Invoking(() => train.Decode(6)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void NumbersTheClassesWhereTheFilesDoNotNameThem()
    {
        Write(TinyHub.File(TinyHub.Rows(0, 1)), "train.parquet");
        Write(TinyHub.File(TinyHub.Rows(3)), "test.parquet");

        var (train, test) = new Flowers102().Open(folder.Path);

        train.ClassNames.Should().Equal("class-000", "class-001", "class-002", "class-003");
        test.ClassNames.Should().Equal(train.ClassNames);
    }

    [Fact]
    public void SplitsEachClassWhereThereIsNoTestPart()
    {
        Write(TinyHub.File(TinyHub.Rows([.. Enumerable.Range(0, 30).Select(i => i % 3)]), Names), "train.parquet");

        var (train, test) = new EuroSat().Open(folder.Path);
        var (_, other) = new EuroSat { SplitSeed = 1 }.Open(folder.Path);

        test.Labels().Order().Should().Equal(0, 0, 1, 1, 2, 2);
        Red(train).Concat(Red(test)).Order().Should().Equal(Enumerable.Range(0, 30));
        Red(new EuroSat().Open(folder.Path).Test).Should().Equal(Red(test));
        Red(other).Should().NotEqual(Red(test));
    }

    [Fact]
    public void FingerprintFollowsTheContent()
    {
        Write(TinyHub.File(TinyHub.Rows(0, 1, 1)), "train.parquet");
        Write(TinyHub.File(TinyHub.Rows(0, 1)), "test.parquet");
        var (train, test) = new StanfordCars().Open(folder.Path);
        new StanfordCars().Open(folder.Path).Train.Fingerprint.Should().Be(train.Fingerprint).And.NotBe(test.Fingerprint);

        Write(TinyHub.File(TinyHub.Rows(0, 1, 0)), "train.parquet");
        new StanfordCars().Open(folder.Path).Train.Fingerprint.Should().NotBe(train.Fingerprint);
        Write(TinyHub.File([.. TinyHub.Rows(0, 1), new HubRow(TinyHub.Picture(2, SKEncodedImageFormat.Jpeg), 1)]), "train.parquet");
        new StanfordCars().Open(folder.Path).Train.Fingerprint.Should().NotBe(train.Fingerprint);
    }

    [Fact]
    public void NamesTheRowThatCannotBeUsed()
    {
        var rows = TinyHub.Rows(0, 1, 2, 0);
        Write(TinyHub.File([rows[0], rows[1], rows[2] with { Image = null }, rows[3] with { Image = "no picture"u8.ToArray() }], Names), "train.parquet");
        Write(TinyHub.File(rows, Names), "test.parquet");
        var train = new StanfordCars().Open(folder.Path).Train;

        train.Decode(1).Pixels[0].Should().Be(1);
        Refusal(() => train.Decode(2)).Should().Contain("train.parquet: row 3: expected the bytes of a picture, found null");
        Refusal(() => train.Decode(3)).Should().Contain("train.parquet: row 4: expected a JPEG, PNG, WebP, GIF, BMP or ICO picture, found a text");
    }

    [Fact]
    public void NamesTheRowOfAWrongLabel()
    {
        Refused(TinyHub.Rows(0, 1, 3), Names).Should().Contain("train.parquet: row 3: expected a label from 0 to 2, found 3");
        Refused(TinyHub.Rows(0, 1, -1), Names).Should().Contain("train.parquet: row 3: 'label': expected a label of at least 0, found -1");
        Refused([.. TinyHub.Rows(0), new HubRow(TinyHub.Picture(1), null)], Names).Should().Contain("row 2: 'label': expected a label of at least 0, found null");
        Refused([], Names).Should().Contain("expected at least one row, found none");
    }

    [Fact]
    public void RefusesTablesOfAnotherKind()
    {
        var rows = TinyHub.Rows(0, 1);
        RefusedFile(TinyHub.File(rows, image: "picture")).Should().Contain("expected a column 'image/bytes' or 'img/bytes', found picture/bytes, picture/path, label");
        RefusedFile(TinyHub.File(rows, label: "class")).Should().Contain("expected a column 'label' or 'labels'");
        RefusedFile(TinyHub.File(rows, metadata: "{")).Should().Contain("'huggingface' is not valid JSON");
        RefusedFile(TinyHub.File(rows, names: ["a", ""])).Should().Contain("names 2 classes");
        RefusedFile("PAR1 and nothing else PAR1"u8.ToArray()).Should().Contain("expected a whole Parquet file");
    }

    [Fact]
    public void RefusesPartsWithOtherClasses()
    {
        Write(TinyHub.File(TinyHub.Rows(0, 1), ["a", "b"]), "train.parquet");
        Write(TinyHub.File(TinyHub.Rows(0, 1), ["b", "a"]), "test.parquet");

        Refusal(() => new StanfordCars().Open(folder.Path)).Should().Contain("test.parquet: expected the classes a, b (2), found b, a (2)");
    }

    [Fact]
    public void RefusesATestPartAlone()
    {
        Write(TinyHub.File(TinyHub.Rows(0, 1)), "test.parquet");

        Refusal(() => new StanfordCars().Open(folder.Path)).Should().Contain("test.parquet: there is no training part");
    }

    [Fact]
    public void NoticesAFileThatWasReplaced()
    {
        Write(TinyHub.File(TinyHub.Rows(0, 1)), "train.parquet");
        Write(TinyHub.File(TinyHub.Rows(0, 1)), "test.parquet");
        var train = new StanfordCars().Open(folder.Path).Train;

        Write(TinyHub.File(TinyHub.Rows(0, 1, 1, 1)), "train.parquet");

        Refusal(() => train.Decode(0)).Should().Contain("the file was changed");
    }

    static IEnumerable<int> Red(ImageDataset data) => Enumerable.Range(0, data.Count).Select(i => (int)data.Decode(i).Pixels[0]);

    string Refused(HubRow[] rows, string[] names) => RefusedFile(TinyHub.File(rows, names));

    string RefusedFile(byte[] train)
    {
        Write(train, "train.parquet");
        return Refusal(() => new EuroSat().Open(folder.Path));
    }

    void Write(byte[] content, params string[] parts) => File.WriteAllBytes(folder.At(parts), content);

    static string Refusal(Action open) => open.Should().Throw<DataException>().Which.Message;
}
