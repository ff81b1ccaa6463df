using System.Security.Cryptography;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

public sealed class Cifar100DatasetTests : IDisposable
{
    const int RecordLength = 3074;
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsFineLabelsAndPlanes()
    {
        byte[] file = Records(3, 99, 0);
        // Record 1, pixel (row 2, column 5): the coarse label must not be taken for the fine one.
        file[RecordLength] = 7;
        int pixel = RecordLength + 2 + 2 * 32 + 5;
        (file[pixel], file[pixel + 1024], file[pixel + 2048]) = (10, 20, 30);
        File.WriteAllBytes(folder.At("train.bin"), file);

        var data = Cifar100Dataset.Open(folder.Path, train: true);

        data.Count.Should().Be(3);
        data.Labels().Should().Equal(3, 99, 0);
        var image = data.Decode(1);
        (image.Width, image.Height).Should().Be((32, 32));
        image.Pixels.Slice(3 * (2 * 32 + 5), 3).ToArray().Should().Equal(10, 20, 30);
        image.Pixels.ToArray().Count(b => b != 0).Should().Be(3);
        data.Fingerprint.Should().Be(Convert.ToHexStringLower(SHA256.HashData(file)));
        FluentActions.Invoking(() => data.Decode(3)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void TakesNamesFromTheFile()
    {
        File.WriteAllBytes(folder.At("test.bin"), Records(1));
        Cifar100Dataset.Open(folder.Path, train: false).ClassNames.Should().HaveCount(100).And.StartWith(["class-00", "class-01"]);

        folder.Write(string.Join("\r\n", Enumerable.Range(0, 100).Select(i => $"name {i}")) + "\r\n\r\n", "fine_label_names.txt");
        Cifar100Dataset.Open(folder.Path, train: false).ClassNames[99].Should().Be("name 99");

        folder.Write("one\ntwo\n", "fine_label_names.txt");
        FluentActions.Invoking(() => Cifar100Dataset.Open(folder.Path, train: false)).Should().Throw<DataException>().WithMessage("*fine_label_names.txt*100 different*2 names*");
    }

    [Fact]
    public void NamesTheRecordOfAWrongLabel()
    {
        File.WriteAllBytes(folder.At("train.bin"), Records(3, 100, 0));

        FluentActions.Invoking(() => Cifar100Dataset.Open(folder.Path, train: true)).Should().Throw<DataException>().WithMessage("*train.bin: record 1: *0 to 99, found 100*");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3073)]
    [InlineData(2 * RecordLength + 1)]
    public void RefusesBrokenLengths(int length)
    {
        File.WriteAllBytes(folder.At("train.bin"), new byte[length]);

        FluentActions.Invoking(() => Cifar100Dataset.Open(folder.Path, train: true)).Should().Throw<DataException>()
            .WithMessage($"*train.bin: *3074 bytes, found {length} bytes; record {length / RecordLength} *");
    }

    [Fact]
    public void NamesAMissingFile()
    {
        File.WriteAllBytes(folder.At("train.bin"), Records(1));

        FluentActions.Invoking(() => Cifar100Dataset.Open(folder.Path, train: false)).Should().Throw<DataException>().WithMessage("*test.bin: the file is missing*");
    }

    static byte[] Records(params byte[] labels)
    {
        byte[] file = new byte[labels.Length * RecordLength];
        for (int i = 0; i < labels.Length; i++) file[i * RecordLength + 1] = labels[i];
        return file;
    }
}
