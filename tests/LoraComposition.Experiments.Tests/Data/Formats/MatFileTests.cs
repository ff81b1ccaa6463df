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
