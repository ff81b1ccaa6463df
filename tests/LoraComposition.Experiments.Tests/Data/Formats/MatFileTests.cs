using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Data.Formats;

public sealed class MatFileTests : IDisposable
{
    static readonly string Fixtures = Path.Combine(AppContext.BaseDirectory, "Fixtures", "matlab");

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsNumbersOfEveryWidthPackedOrNot()
    {
        new MatVariables(Path.Combine(Fixtures, "setid.mat")).Counts("tstid").Should().Equal(5, 4, 300);
        new MatVariables(Path.Combine(Fixtures, "imagelabels.mat")).Counts("labels").Should().Equal(1, 2, 1, 102, 2);
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 200)]
    [InlineData(3, 30_000)]
    [InlineData(4, 60_000)]
    [InlineData(5, 2_000_000_000)]
    [InlineData(6, 2_000_000_000)]
    [InlineData(7, 0.25)]
    [InlineData(9, 0.25)]
    [InlineData(12, 2_000_000_000)]
    [InlineData(13, 2_000_000_000)]
    public void ReadsNumbersOfEveryType(int type, double number)
    {
        byte[] Bytes(double value) => type switch
        {
            1 => [(byte)(sbyte)value],
            2 => [(byte)value],
            3 => BitConverter.GetBytes((short)value),
            4 => BitConverter.GetBytes((ushort)value),
            5 => BitConverter.GetBytes((int)value),
            6 => BitConverter.GetBytes((uint)value),
            7 => BitConverter.GetBytes((float)value),
            9 => BitConverter.GetBytes(value),
            12 => BitConverter.GetBytes((long)value),
            _ => BitConverter.GetBytes((ulong)value),
        };
        string file = folder.At("x.mat");
        File.WriteAllBytes(file, TinyMat.File(("x", new StoredNumbers(type, 2, [.. Bytes(number), .. Bytes(1)]))));

        MatFile.Read(file)["x"].Should().BeOfType<MatNumbers>().Which.Values.Should().Equal(number, 1);
    }

    [Fact]
    public void RefusesNumbersOfAnotherTypeOrLength()
    {
        string file = folder.At("x.mat");
        foreach (var (type, length, problem) in new[] { (8, 2, "numbers are of type 8"), (3, 2, "2 numbers of 2 bytes have 2 bytes") })
        {
            File.WriteAllBytes(file, TinyMat.File(("x", new StoredNumbers(type, 2, new byte[length]))));
            Refusal(() => MatFile.Read(file)).Should().Contain(problem);
        }
    }

    [Fact]
    public void ReadsStructuresAndCells()
    {
        new MatVariables(Path.Combine(Fixtures, "cars_train_annos.mat")).Entries("annotations", "fname", "class").Select(e => (e.Text, e.Count))
            .Should().Equal(("00001.jpg", 14), ("00002.jpg", 196), ("00003.jpg", 91));
        new MatVariables(Path.Combine(Fixtures, "cars_meta.mat")).Texts("class_names").Should().Equal("AM General Hummer SUV 2000", "Acura RL Sedan 2012", "Ram C/V Cargo Van Minivan 2012");
    }

    [Fact]
    public void NamesWhatIsMissing()
    {
        string file = folder.At("x.mat");
        File.WriteAllBytes(file, TinyMat.File(("labels", new[] { 1.0, 0.5 }), ("annotations", TinyMat.Cars(("1.jpg", 0)))));
        var variables = new MatVariables(file);

        Refusal(() => variables.Counts("labels")).Should().Be($"{file}: 'labels', entry 2: expected an integer of at least 1, found 0.5.");
        Refusal(() => variables.Counts("setid")).Should().Contain("expected a variable 'setid' of numbers, found the variables labels, annotations");
        Refusal(() => variables.Texts("labels")).Should().Contain("found another kind");
        Refusal(() => _ = variables.Entries("annotations", "name", "class").ToList()).Should().Contain("expected a field 'name', found bbox_x1, class, fname");
        Refusal(() => _ = variables.Entries("annotations", "fname", "class").ToList()).Should().Contain("'annotations', entry 1").And.Contain("found 0");
    }

    [Fact]
    public void RefusesOtherFormats()
    {
        Refusal(() => MatFile.Read(folder.Write("MATLAB 7.3 MAT-file, " + new string(' ', 200), "new.mat"))).Should().Contain("version 7.3").And.Contain("save -v7");
        Refusal(() => MatFile.Read(folder.Write("text", "text.mat"))).Should().Contain("does not begin as one");
        Refusal(() => MatFile.Read(folder.At("none.mat"))).Should().EndWith("none.mat: the file is missing.");
    }

    static string Refusal(Action read) => read.Should().Throw<DataException>().Which.Message;
}
